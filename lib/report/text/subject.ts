// Owns the name of what an event or a line is about: one window of one stream. Types only.

/** Which window of which stream an event is about. */
export interface Subject {
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical text of the `for_each` values; empty where there are none. */
  readonly each: string;
  /** First day (or minute) of the window; null for a stream without windows. */
  readonly from: string | null;
  /** Day (or minute) after the last. */
  readonly to: string | null;
}
