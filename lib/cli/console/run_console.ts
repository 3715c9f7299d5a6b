// Serves the console of a run within its own process, so that an embedded database can be watched too. Invariant:
// it ends with the run, after the browsers have received the last state.
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { Job } from "../../config/schema/job.ts";
import { LiveRun } from "../../console/state/live_run.ts";
import type { RunEvent } from "../../report/event.ts";
import type { Target } from "../../upsert/write/target.ts";
import { env } from "../open_job.ts";
import { openPage } from "./open_page.ts";
import { consoleAddress, serveConsole, urlOf } from "./serve_console.ts";

/** The console of a run. */
export interface RunConsole extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
  /** Adds an event of the run. */
  readonly show: (event: RunEvent) => void;
}

/**
 * Serves the console of a run that holds these stores.
 *
 * @throws {Failure} of kind `configuration` where its port cannot be used.
 */
export function serveRun(
  job: Job,
  { target, checkpoint }: { readonly target: Target; readonly checkpoint: Checkpoint },
): RunConsole {
  const address = consoleAddress(env);
  const live = new LiveRun(job);
  const ended = new AbortController();
  const page = openPage({
    ...{ job, live, signal: ended.signal, access: address, retry: undefined },
    withStores: (action) => action({ target, checkpoint }),
  });
  const server = serveConsole(
    address,
    page,
    (port) => `Set HINDCAST_CONSOLE_PORT to a free port, such as ${port}`,
  );
  return {
    url: urlOf(server),
    show: (event) => live.fold(event, Date.now()),
    async [Symbol.asyncDispose]() {
      ended.abort();
      await server.shutdown();
    },
  };
}
