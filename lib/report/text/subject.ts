// Owns the subject of an event or a line: one window of one stream. Types only.

/** The window and stream of an event. */
export interface Subject {
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical form of the `for_each` values; empty where there are none. */
  readonly each: string;
  /** First day (or minute) of the window; null for a stream without windows. */
  readonly from: string | null;
  /** Day (or minute) after the last. */
  readonly to: string | null;
}
