/** Leaves a problem that nobody can be told of in the console. */
export function log(message: string, error: unknown): void {
  console.warn(`Hashmark: ${message}`, error);
}
