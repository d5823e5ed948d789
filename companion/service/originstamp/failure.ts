import { randomBytes } from 'node:crypto';

import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { originstampCodes } from '../../../shared/wire/originstamp.ts';

/** What `error_code` says when it is not 0: 3201 is the only one that was ever published, the 9xxx block is ours. */
export const failureCodes = {
  ...originstampCodes,
  /** What goes with an HTTP status other than 200: the client's software is wrong, not what it asks for. */
  badRequest: 9400,
  unknownPath: 9404,
  wrongMethod: 9405,
  tooLarge: 9413,
} as const;

type FailureCode = Exclude<(typeof failureCodes)[keyof typeof failureCodes], 0>;

/** A request, or one item of it, that fails. Its message and its id go to the client. */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  readonly code: FailureCode;
  /** Lets a user quote one answer; what is logged about it names it, too. Eight hex digits. */
  readonly id = randomBytes(4).toString('hex');
  /** 200 for whatever reached its handler: clients read no envelope of another status. */
  readonly httpStatus: ContentfulStatusCode;

  constructor(code: FailureCode, message: string, httpStatus: ContentfulStatusCode = 200) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}
