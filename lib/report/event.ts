// Owns the closed list of events of a run. The engine emits them; progress bars, plain lines, the log file
// and JSON are folds over them. An event contains measures and masked strings, never a secret or a record.
import type { FetchEvent } from "../fetch/fetch_event.ts";
import type { LimitsUse } from "../plan/time/quota_seconds.ts";
import type { Wait } from "./text/wait.ts";
import type { Summary } from "./summary.ts";
import type { Subject } from "./text/subject.ts";
import type { WriteCounts } from "../upsert/sql/write_counts.ts";

/** Something that happened in a run. */
export type RunEvent =
  /** The run starts: the lock of the job is held and its tables are prepared. */
  | {
    kind: "run_started";
    run: string;
    job: string;
    target: string;
    resumed: boolean;
    /** How much of the limits is already used; absent if it is unknown. */
    limitsUse?: LimitsUse | undefined;
  }
  /** What a stream still has to fetch was counted or forecast; nothing has been requested yet. */
  | {
    kind: "stream_planned";
    stream: string;
    /** Its dates, for display; null for a stream without windows. */
    range: string | null;
    /** Windows to fetch, and windows that are done and settled. */
    windows: number;
    skipped: number;
    /** Civil minutes to fetch; 0 for a stream without windows. */
    minutes: number;
    requests: number;
    seconds: number;
    /** When the stream is done at the allowed rate, in epoch milliseconds. */
    doneAtMs: number;
    requestsPerSecond: number | null;
    /** Whether windows and requests are counted rather than forecast. */
    exact: boolean;
    /** Whether more requests may be needed, because the number of records is unknown. */
    atLeast: boolean;
  }
  /** Something happened between Hindcast and the API. */
  | { kind: "request"; event: FetchEvent }
  /** A page of a window was read; its rows are not written yet. */
  | {
    kind: "page_read";
    subject: Subject;
    /** Position in the window, from 0. */
    index: number;
    records: number;
    /** Records in the whole window, if the response declares a total. */
    total: number | null;
  }
  /** A window is fetched again from its first page, because its data changed between the pages. */
  | { kind: "window_restarted"; subject: Subject; reason: string }
  /** An `auto` window holds more than the API returns; its parts are fetched instead. */
  | { kind: "window_split"; subject: Subject; reason: string }
  /** The rows of a window have committed, together with its ledger entry. */
  | {
    kind: "window_done";
    subject: Subject;
    pages: number;
    records: number;
    rows: number;
    /** Undefined where the rows shared a batch with those of other windows. */
    counts: WriteCounts | undefined;
    rejected: number;
    /** Rows that replace a different row of the same response with the same key. */
    replaced?: number;
    /** Milliseconds from requests to the ends of their responses, without the waits for the limit. */
    ms: number;
  }
  /** A window failed and is listed to be fetched again; the run continues. */
  | { kind: "window_failed"; subject: Subject; reason: string; hint: string | undefined }
  /** A row was not written, because a value does not fit or the database refused it. */
  | {
    kind: "row_rejected";
    subject: Subject;
    table: string;
    column: string | null;
    reason: string;
    value: string;
  }
  /** A stream has no more windows to fetch in this run, or the run stops. */
  | { kind: "stream_finished"; stream: string; planned: number; skipped: number }
  /** A transaction has committed: rows, and the ledger entries of the windows that they complete. */
  | {
    kind: "batch_written";
    counts: ReadonlyMap<string, WriteCounts>;
    rows: number;
    windows: number;
    ms: number;
  }
  /** A wait for the API or for a limit begins, or its end has changed; null where it has ended. */
  | { kind: "waiting"; wait: Wait | null }
  /** Something that the user should know about and that does not fail the run. */
  | { kind: "warning"; message: string; hint?: string | undefined }
  /** Responses changed: a field is new, missing, or has another type. Strings are shortened and masked. */
  | { kind: "drift"; stream: string; message: string; advice: string }
  /** The run has ended, whatever its outcome. */
  | { kind: "run_finished"; summary: Summary };

/** Receives the events of a run, in order; it must not throw. */
export type Listener = (event: RunEvent) => void;
