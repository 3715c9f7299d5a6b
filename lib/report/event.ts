// Owns the closed list of events of a run. The engine emits them; progress bar, plain lines, log file
// and JSON are folds over them and decide nothing. An event holds measures and masked texts, never a
// secret and never a record.
import type { FetchEvent } from "../fetch/fetch_event.ts";
import type { Summary } from "./summary.ts";
import type { Subject } from "./text/subject.ts";
import type { WriteCounts } from "../upsert/sql/write_counts.ts";

/** Something that happened in a run. */
export type RunEvent =
  | {
    kind: "run_started";
    run: string;
    job: string;
    target: string;
    resumed: boolean;
  }
  | {
    kind: "stream_planned";
    stream: string;
    /** Its dates, for reading; null for a stream without windows. */
    range: string | null;
    /** Windows to fetch, and windows that are done and final. */
    windows: number;
    skipped: number;
    /** Civil minutes to fetch; 0 for a stream without windows. */
    minutes: number;
    requests: number;
    seconds: number;
    requestsPerSecond: number | null;
    /** Whether windows and requests are counted rather than forecast. */
    exact: boolean;
  }
  | { kind: "request"; event: FetchEvent }
  | { kind: "window_restarted"; subject: Subject; reason: string }
  | { kind: "window_split"; subject: Subject; reason: string }
  | {
    kind: "window_done";
    subject: Subject;
    pages: number;
    records: number;
    rows: number;
    /** Undefined where the rows shared a batch with those of other windows. */
    counts: WriteCounts | undefined;
    rejected: number;
    /** From requests to the ends of their answers; waiting for the limit does not count. */
    ms: number;
  }
  | { kind: "window_failed"; subject: Subject; reason: string; hint: string | undefined }
  | {
    kind: "row_rejected";
    subject: Subject;
    table: string;
    column: string | null;
    reason: string;
    value: string;
  }
  | { kind: "stream_finished"; stream: string; planned: number; skipped: number }
  | {
    kind: "batch_written";
    counts: ReadonlyMap<string, WriteCounts>;
    rows: number;
    windows: number;
    ms: number;
  }
  | { kind: "warning"; message: string; hint?: string | undefined }
  | { kind: "run_finished"; summary: Summary };

/** Receives the events of a run, in order; it must not throw. */
export type Listener = (event: RunEvent) => void;
