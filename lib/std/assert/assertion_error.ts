/** What every failed assertion throws. */
export class AssertionError extends Error {
  /** Takes the message that the test runner prints; `options.cause` is kept. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Ends a message with what the caller wants to add, or with a full stop. */
export function ending(message: string | undefined): string {
  return message ? `: ${message}` : ".";
}
