// Owns the API of one run: opens it, connects its pages to the engine, and closes it when the run has
// ended. It opens neither the target nor the checkpoint, and it never reads the environment itself.
import { readForeign } from "./archive/other_databases.ts";
import type { Env } from "./config/yaml/env.ts";
import { readSecret, secretValues } from "./config/schema/secret.ts";
import { type ApiClient, openApi } from "./fetch/api_client.ts";
import { fetchPages } from "./fetch/fetch_pages.ts";
import type { PageArchive } from "./fetch/page_archive.ts";
import type { Clock } from "./fetch/rate/clock.ts";
import { staticPage } from "./fetch/static_page.ts";
import { mostRecordsOf } from "./plan/auto_bounds.ts";
import type { Unit } from "./plan/unit.ts";
import { accountKey, accountName } from "./fetch/account_key.ts";
import type { Listener, RunEvent } from "./report/event.ts";
import { reportPages } from "./report/report_pages.ts";
import { Notifier } from "./report/notifier.ts";
import type { Wait } from "./report/text/wait.ts";
import { readLimitsUse } from "./checkpoint/limits_use.ts";
import { LimitTable } from "./upsert/limit_table.ts";
import { ExportTable } from "./upsert/export_table.ts";
import { TokenTable } from "./upsert/token_table.ts";
import { run, type RunInput, type RunResult } from "./run.ts";

/** Longest time of one attempt to notify. */
const WEBHOOK_TIMEOUT_MS = 10_000;

/** Reports of how a run ended. */
const ENDS: ReadonlySet<string> = new Set(["done", "failed"]);

/** What a run takes from its caller when the API is opened here. */
export interface ApiRunInput
  extends Omit<RunInput, "pages" | "mask" | "now" | "archive" | "replay"> {
  /** Folder or bucket of the archive. Defaults to that of the job. */
  readonly archive?: string | undefined;
  /** Whether responses come from the archive; then no request is sent. Defaults to false. */
  readonly fromArchive?: boolean | undefined;
  /** Looks up the variables that hold credentials. */
  readonly env: Env;
  /** Receives each secret that the API issues, such as a token. Defaults to none. */
  readonly onSecret?: ((value: string) => void) | undefined;
  /** Paces requests and waits. */
  readonly clock: Clock;
  /** A number in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** Whether the run ends where it would wait long for the API or for a limit. Defaults to false. */
  readonly noWait?: boolean | undefined;
}

/** Runs a job once against its API; the caller holds the job's lock. Errors are in the result. */
export async function runWithApi(given: ApiRunInput): Promise<RunResult> {
  const input = given.fromArchive ? withoutApi(given) : given;
  const { job, env, target, clock } = input;
  const reports: { notifier?: Notifier | undefined } = {};
  const listen = (event: RunEvent) => {
    input.listen(event);
    reports.notifier?.note(event);
  };
  const archives = usesArchive(input) ? await import("./run_archive.ts") : undefined;
  using store = archives?.openStoreOf(input);
  await using archive = input.fromArchive ? undefined : await archives?.openArchive(input, store);
  await using api = openApiOf(input, listen, (secret) => archive?.hide([secret]));
  // A pause that the API requested of an earlier run; if it cannot be read, the API requests it again.
  await api.limiter.restore().catch(() => {});
  reports.notifier = openNotifier(input, api);
  const mask = (text: string) => api.mask(text);
  archive?.hide(secretValues(job, env));
  await using replay = input.fromArchive
    ? await archives?.openReplay(input, store, mask)
    : undefined;
  const begin = (unit: Unit, at: number) => (replay ?? archive)?.begin(unit, at, mask);
  const pages = pagesOf(api, { ...input, listen }, begin);
  const use = { target, env, nowMs: input.wallNow() };
  const limitsUse = await readLimitsUse(job, use).catch(() => undefined);
  const options = input.fromArchive
    ? input.options
    : { ...input.options, account: accountName(accountKey(job, env)) };
  const source = { archive: replay ?? archive, replay, pages, limitsUse, options };
  const result = await run({ ...input, ...source, listen, mask, now: clock.now });
  const foreign = readForeign(replay?.foreign ?? 0);
  if (foreign !== undefined) listen({ kind: "warning", ...foreign });
  await reports.notifier?.finish(result.summary, result.error);
  await archives?.pruneArchive(input, store, listen);
  return result;
}

/** The API of a run, which reports its requests and waits, and each secret that it issues. */
function openApiOf(
  { job, env, target, checkpoint, onSecret, ...input }: ApiRunInput,
  listen: Listener,
  hide: (secret: string) => void,
): ApiClient {
  const { clock, wallNow, random, signal, noWait } = input;
  return openApi(job, {
    ...{ env, clock, wallNow, random, signal, noWait },
    onSecret: (secret) => {
      hide(secret);
      onSecret?.(secret);
    },
    onEvent: (event) => listen({ kind: "request", event }),
    onWait: (wait: Wait | undefined) => {
      listen({ kind: "waiting", wait: wait ?? null });
      // Other processes read it; the run continues if it cannot be saved.
      checkpoint.runs.saveWait(wait ?? null).catch(() => {});
    },
    limitStore: new LimitTable(target),
    tokenStore: new TokenTable(target),
    exportStore: new ExportTable(target),
  });
}

/** Reads the pages of a unit: a static list, or responses of the API that `begin` may keep or replay. */
function pagesOf(
  api: ApiClient,
  { job, params, listen }: Pick<ApiRunInput, "job" | "params" | "listen">,
  begin: (unit: Unit, requestedAt: number) => PageArchive | undefined,
): RunInput["pages"] {
  return (unit, signal, requestedAt) => {
    const stream = job.streams[unit.stream]!;
    if (stream.values !== undefined) return [staticPage(stream.values)];
    const archive = begin(unit, requestedAt);
    const { window, eachValues: each, feed } = unit;
    const mostRecords = archive?.isOnly ? undefined : mostRecordsOf(stream, window);
    const wanted = {
      window,
      each,
      params,
      archive,
      mostRecords,
      since: feed?.sent,
      place: feed?.part?.place,
    };
    const pages = fetchPages(api, unit.stream, wanted, signal);
    return reportPages(listen, unit, pages);
  };
}

/** Whether a run keeps responses or reads kept ones. */
function usesArchive({ job, archive, fromArchive }: ApiRunInput): boolean {
  return fromArchive === true || (archive ?? job.archive?.path) !== undefined;
}

/** The input of a run that sends no request: without limits, and without secrets where they are not set. */
function withoutApi(input: ApiRunInput): ApiRunInput {
  const streams = Object.fromEntries(
    Object.entries(input.job.streams).map(([name, stream]) => [name, { ...stream, limits: [] }]),
  );
  const source = { ...input.job.source, limits: [] };
  const env = (name: string) => input.env(name) ?? "";
  return { ...input, job: { ...input.job, source, streams }, env };
}

/** The notifier of a job that declares one; it sends through the HTTP client of the API. */
function openNotifier(input: ApiRunInput, api: ApiClient): Notifier | undefined {
  const { job: { job, notify }, run, env, clock, joined } = input;
  if (notify === undefined) return undefined;
  // How an update ended is reported by the process that started it.
  const isOfOther = joined?.isUpdate === true;
  const events = notify.events.filter((event) => !isOfOther || !ENDS.has(event));
  const url = readSecret(notify.url, env);
  const headers = { "content-type": "application/json" };
  return new Notifier({
    ...{ events, job, run, sleep: clock.sleep, mask: (text) => api.mask(text) },
    post: async (body) => {
      const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS);
      const { status } = await api.http.exchange({ method: "POST", url, headers, body }, signal);
      if (status >= 300) throw new Error(`the webhook responded with status ${status}`);
    },
    warn: (message) => input.listen({ kind: "warning", message }),
  });
}
