// Owns `status --watch` on a terminal: it redraws the status in place, with the progress of a run that is in
// progress. Loaded only for that; it reads what the console reads.
import type { Job } from "../../config/schema/job.ts";
import { StateReader } from "../../console/state/console_state.ts";
import { LiveRun } from "../../console/state/live_run.ts";
import type { RunProgress } from "../../console/state/run_progress.ts";
import { progressLines } from "../lines/progress_lines.ts";
import type { Status } from "../lines/status_lines.ts";
import type { Stores } from "../open_job.ts";
import { safeText } from "../output.ts";
import { FullScreen } from "../terminal/full_screen.ts";
import type { Look } from "../terminal/look.ts";
import type { Line } from "../terminal/paint.ts";
import { onTerminalChange, sizeOf } from "../terminal/size.ts";

/** What is watched, and how it is shown. */
export interface WatchOptions {
  /** The job. */
  readonly job: Job;
  /** Its stores. */
  readonly stores: Stores;
  /** How the terminal is written to. */
  readonly look: Look;
  /** Writes text that is safe already. */
  readonly write: (text: string) => void;
  /** Reads the status. */
  readonly view: () => Promise<Status>;
  /** The lines of a status, below those of the run in progress. */
  readonly linesOf: (status: Status, progress: readonly Line[]) => Line[];
  /** Acts until a signal, and resolves to the exit code; `onLeave` is called where the process must end at once. */
  readonly repeat: (act: () => Promise<void>, onLeave: () => void) => Promise<number>;
}

/** Redraws the status in place until a signal; a resize redraws what is known. Resolves to the exit code. */
export async function watchStatus(options: WatchOptions): Promise<number> {
  const { job, stores, look, write, view, linesOf, repeat } = options;
  const reader = new StateReader({
    ...{ job, live: new LiveRun(job), wallNow: Date.now },
    withStores: async (action) =>
      await action({ target: stores.target, checkpoint: await stores.checkpoint(job) }),
  });
  using screen = new FullScreen({ write, colors: look.colors, safe: safeText });
  let watched: { readonly status: Status; readonly run: RunProgress | undefined } | undefined;
  const draw = () => {
    if (watched !== undefined) screen.draw(linesOf(watched.status, progressOf(watched.run, look)));
  };
  const again = () => {
    screen.enter();
    draw();
  };
  using _changes = onTerminalChange({ resized: draw, continued: again });
  return await repeat(async () => {
    const [status, { run }] = await Promise.all([view(), reader.state()]);
    watched = { status, run };
    draw();
  }, () => screen.leave());
}

/** The lines of the run in progress, at most half as high as the terminal. */
function progressOf(run: RunProgress | undefined, { unicode }: Look): Line[] {
  if (run === undefined) return [];
  const { columns, rows } = sizeOf();
  const half = { columns, rows: Math.floor(rows / 2), unicode };
  return [...progressLines(run, half, Date.now()), []];
}
