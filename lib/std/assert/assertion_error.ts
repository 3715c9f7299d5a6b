/** The error that every failed assertion throws. */
export class AssertionError extends Error {
  /** Takes the message that the test runner prints, and optionally a cause. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** Ends a message with the text that the caller adds, or with a period. */
export function ending(message: string | undefined): string {
  return message ? `: ${message}` : ".";
}
