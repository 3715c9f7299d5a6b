// Owns what `console` does once its arguments are read: it serves the page until a signal ends it. It reads only,
// unless --allow-actions lets the page fetch failed windows again.
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import type { Job } from "../../config/schema/job.ts";
import { LiveRun } from "../../console/state/live_run.ts";
import type { RunEvent } from "../../report/event.ts";
import { plainLines } from "../../report/plain_lines.ts";
import type { Arguments } from "../arguments.ts";
import { KeptStores } from "../console/kept_stores.ts";
import { openPage } from "../console/open_page.ts";
import { retryWindow } from "../console/retry_window.ts";
import { consoleAddress, serveConsole, urlOf } from "../console/serve_console.ts";
import { EXIT, printError } from "../exit.ts";
import { env, print } from "../open_job.ts";
import { readSettings } from "../settings.ts";
import { StopSignal } from "../signals.ts";

/** Serves the console of a job; resolves to the exit code. */
export async function showConsole(job: Job, args: Arguments): Promise<number> {
  const address = consoleAddress(env, {
    port: args.value("port"),
    hostname: args.value("hostname"),
  });
  using stop = new StopSignal(() => console.log("stopping"));
  const { signal } = stop;
  const stores = new KeptStores(signal);
  const live = new LiveRun(job);
  const retries = new Retries(job, stores, live, signal);
  const page = openPage({
    ...{ job, live, signal, access: address },
    withStores: (action) =>
      stores.use(async (open) =>
        await action({ target: open.target, checkpoint: await open.checkpoint(job) })
      ),
    retry: args.has("allow-actions") ? (entry) => retries.start(entry) : undefined,
  });
  await using server = serveConsole(
    address,
    page,
    (port) => `Use another port: deno task console --port ${port}`,
  );
  print(`console of ${job.job} at ${urlOf(server)}`);
  // An embedded database is opened only while the page is viewed: opening takes a while, and blocks runs.
  if (!readSettings(env).databaseUrl.startsWith("pglite:")) page.warm();
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
  await retries.idle();
  return EXIT.interrupted;
}

/** Runs that the page requested, one at a time. */
class Retries {
  readonly #perform: (entry: RetryEntry) => Promise<void>;
  #running: Promise<void> = Promise.resolve();

  constructor(job: Job, stores: KeptStores, live: LiveRun, signal: AbortSignal) {
    const show = (event: RunEvent) => {
      live.fold(event, Date.now());
      plainLines(event).forEach((line) => console.log(line));
    };
    this.#perform = async (entry) => {
      try {
        const { error } = await stores.use((open) =>
          retryWindow(open, { job, entry, show, signal })
        );
        if (error !== undefined && !signal.aborted) printError(error);
      } catch (error) {
        printError(error);
      }
    };
  }

  start(entry: RetryEntry): void {
    this.#running = this.#running.then(() => this.#perform(entry));
  }

  idle(): Promise<void> {
    return this.#running;
  }
}
