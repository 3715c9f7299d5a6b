// Owns what every cast has in common: what it is given, what it gives, and how it says no. A refusal is
// a value, not an exception, because one bad value must not cost more than its row.

/** Why a value cannot become one of a column's type. */
export class Invalid {
  /** Continues the sentence "the value ...". */
  readonly reason: string;

  /** Makes a reason. */
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Makes the text form of a value that is neither null nor undefined. */
export type Cast = (value: unknown) => string | Invalid;

/** What a cast depends on beside the type. */
export interface CastOptions {
  /** How a date or number is written, where it is not as PostgreSQL or ISO 8601 write it. */
  readonly format?: string | undefined;
  /** The decimal mark of numbers. */
  readonly decimal: "." | ",";
  /** Time zone of dates and times without one. */
  readonly timeZone: string;
  /** Most bytes of a text, in UTF-8; for columns of an index, whose entries PostgreSQL bounds. */
  readonly maxBytes?: number | undefined;
  /** Whether numbers that are equal must be equal texts. */
  readonly inKey: boolean;
}
