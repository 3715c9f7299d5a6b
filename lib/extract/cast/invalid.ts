// Owns what all casts share: their options and results. A failed cast is a value, not an exception,
// because one bad value must not cost more than its row.

/** The reason why a value cannot be cast to a column's type. */
export class Invalid {
  /** Continues the sentence "the value ...". */
  readonly reason: string;

  /** Creates a reason. */
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A local time that a clock change repeats: the order of the records may decide which instant it means. */
export class AmbiguousTime extends Invalid {
  /** The text forms of the earlier and the later instant. */
  readonly texts: readonly [string, string];

  /** Creates an ambiguous time. */
  constructor(reason: string, texts: readonly [string, string]) {
    super(reason);
    this.texts = texts;
  }
}

/** Turns a value that is neither null nor undefined into its text form. */
export type Cast = (value: unknown) => string | Invalid;

/** What a cast depends on in addition to the type. */
export interface CastOptions {
  /** How a date or number is written, where it is not in PostgreSQL's or ISO 8601's notation; of several, the first that fits. */
  readonly format?: string | readonly string[] | undefined;
  /** The decimal mark of numbers. */
  readonly decimal: "." | ",";
  /** The factor of numbers, in decimal digits. Defaults to 1. */
  readonly scale?: string | undefined;
  /** Time zone of dates and times without one. */
  readonly timeZone: string;
  /** Whether a date is that of the time zone even for an instant at midnight UTC. Defaults to false. */
  readonly zoneCounts?: boolean | undefined;
  /** The instant of a local time that a clock change repeats or skips. Defaults to `AmbiguousTime`. */
  readonly ambiguous?: "earlier" | "later" | undefined;
  /** Most bytes of the text form in UTF-8, because PostgreSQL limits index entries. Defaults to no limit. */
  readonly maxBytes?: number | undefined;
  /** Whether equal numbers must have equal text forms. */
  readonly inKey: boolean;
}
