// Owns the API of one run: opens it, connects its pages to the engine, and closes it when the run has
// ended. It opens neither the target nor the checkpoint, and it never reads the environment itself.
import type { Env } from "./config/yaml/env.ts";
import { openApi } from "./fetch/api_client.ts";
import { fetchPages, type Page } from "./fetch/fetch_pages.ts";
import type { Clock } from "./fetch/rate/clock.ts";
import { staticPage } from "./fetch/static_page.ts";
import type { Unit } from "./plan/stream_plan.ts";
import type { Wait } from "./report/text/wait.ts";
import { LimitTable } from "./upsert/limit_table.ts";
import { run, type RunInput, type RunResult } from "./run.ts";

/** What a run takes from its caller when the API is opened here. */
export interface ApiRunInput extends Omit<RunInput, "pages" | "mask" | "now"> {
  /** Looks up the variables that hold credentials. */
  readonly env: Env;
  /** Paces requests and waits. */
  readonly clock: Clock;
  /** A number in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** Whether the run ends where it would wait long for the API or for a limit. */
  readonly noWait?: boolean | undefined;
}

/** Runs a job once against its API; the caller holds the job's lock. Errors are in the result. */
export async function runWithApi(input: ApiRunInput): Promise<RunResult> {
  const { job, params, listen, clock, signal, checkpoint } = input;
  const onWait = (wait: Wait | undefined) => {
    listen({ kind: "waiting", wait: wait ?? null });
    // Other processes read it; the run does without where it cannot be saved.
    checkpoint.runs.saveWait(wait ?? null).catch(() => {});
  };
  await using api = openApi(job, {
    env: input.env,
    clock,
    wallNow: input.wallNow,
    random: input.random,
    signal,
    onEvent: (event) => listen({ kind: "request", event }),
    onWait,
    limitStore: new LimitTable(input.target),
    noWait: input.noWait,
  });
  // A pause that an earlier run was told; where it cannot be read, the API says it again.
  await api.limiter.restore().catch(() => {});
  const pages = (unit: Unit, signal: AbortSignal): AsyncIterable<Page> | Iterable<Page> => {
    const { values } = job.streams[unit.stream]!;
    if (values !== undefined) return [staticPage(values)];
    const about = { window: unit.window, each: unit.eachValues, params };
    return fetchPages(api, unit.stream, about, signal);
  };
  return await run({ ...input, pages, mask: (text) => api.mask(text), now: clock.now });
}
