/** What a failure may carry besides its sentence. */
export interface HashmarkErrorOptions {
  /** The offending values, safe to show and to send across a message or HTTP boundary: never a secret. */
  data?: Record<string, unknown>;
  cause?: unknown;
}

/**
 * A failure that a caller or a user can act on.
 *
 * `code` is stable and machine readable (kebab-case, for instance `wrong-code`); `message` is for people and reads:
 * what failed, with which value, what was expected, what to do next. Across a message or HTTP boundary only
 * `{code, message, data}` travels (see {@link toErrorData} and {@link fromErrorData}): never test an error's class there.
 */
export class HashmarkError extends Error {
  override readonly name = 'HashmarkError';
  readonly code: string;
  readonly data: Record<string, unknown>;

  constructor(code: string, message: string, options: HashmarkErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** The form in which an error crosses a boundary. */
export interface ErrorData {
  code: string;
  message: string;
  data?: Record<string, unknown>;
}

/** Any thrown value as plain data; one that is not ours gets the code `internal` and keeps its message. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof HashmarkError) return { code: error.code, message: error.message, data: error.data };
  return { code: 'internal', message: messageOf(error) };
}

/** What a thrown value says; anything may be thrown, not only errors. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Rebuilds the error that {@link toErrorData} took apart. */
export function fromErrorData({ code, message, data }: ErrorData): HashmarkError {
  return new HashmarkError(code, message, { data });
}
