// Owns the content of `/status.json` about the daily update. Its field names are stable; the page is the console's.
import type { RunRecord } from "../checkpoint/run_log.ts";
import type { FeedView } from "../checkpoint/feed_view.ts";
import type { StreamSnapshot } from "../checkpoint/snapshot.ts";
import type { TickReport } from "./state.ts";

/** The content of `/status.json`. */
export interface StatusView {
  /** Name of the job. */
  job: string;
  /** Whether the last slice that did anything succeeded. */
  ok: boolean;
  /** Schedule of the update, in UTC. */
  schedule: string;
  /** Whether a slice is running in this process. */
  running: boolean;
  /** Whether an update has started and has not ended. */
  more: boolean;
  /** The last slice that did anything; null before the first. */
  last: TickReport | null;
  /** What is known of each stream. */
  streams: Record<string, StreamSnapshot & { feeds: readonly FeedView[] }>;
  /** The last runs, newest first. */
  runs: RunRecord[];
}
