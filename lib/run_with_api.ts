// Owns the API of one run: opens it, connects its pages to the engine, and closes it when the run has
// ended. It opens neither the target nor the checkpoint, and it never reads the environment itself.
import { Archive } from "./archive/archive.ts";
import { openStore } from "./archive/store/open_store.ts";
import type { ArchiveStore } from "./archive/store/store.ts";
import { MOST_AGE_MS } from "./archive/interrupted.ts";
import { Replay } from "./archive/replay.ts";
import { keptForeign, readForeign } from "./archive/other_databases.ts";
import { prune } from "./archive/prune.ts";
import { committedSince, forgetFiles } from "./upsert/archive_index.ts";
import { Failure } from "./failure.ts";
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
  using store = openStoreOf(input);
  await using archive = input.fromArchive ? undefined : await openArchive(input, store);
  await using api = openApiOf(input, listen, (secret) => archive?.hide([secret]));
  // A pause that the API requested of an earlier run; if it cannot be read, the API requests it again.
  await api.limiter.restore().catch(() => {});
  reports.notifier = openNotifier(input, api);
  const mask = (text: string) => api.mask(text);
  archive?.hide(secretValues(job, env));
  await using replay = input.fromArchive ? await openReplay(input, store, mask) : undefined;
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
  await pruneArchive(input, store, listen);
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

/** The archive of a run, with what interrupted runs have left in it; undefined where nothing is archived. */
async function openArchive(
  { job, wallNow, random, target, resume }: ApiRunInput,
  store: ArchiveStore | undefined,
): Promise<Archive | undefined> {
  if (store === undefined) return undefined;
  const randomId = () => crypto.randomUUID();
  // Without a limit, the processor is what a run waits for.
  const isPaced = [job.source, ...Object.values(job.streams)].some(({ limits }) =>
    limits.length > 0
  );
  const level = isPaced ? 2 : 1;
  const archive = new Archive({
    ...{ store, job: job.job, target: target.id, level },
    ...{ wallNow, random, randomId },
  });
  if (resume) {
    await archive.resume(await committedSince(target, job.job, wallNow() - MOST_AGE_MS));
  }
  return archive;
}

/** The archived responses that a run reads in place of the API. */
async function openReplay(
  { job, params, target }: ApiRunInput,
  store: ArchiveStore | undefined,
  mask: (text: string) => string,
): Promise<Replay> {
  const committed = await committedSince(target, job.job, 0);
  return await Replay.open({
    ...{ store: required(store), job, target: target.id, params, mask, committed },
  });
}

function openStoreOf(input: ApiRunInput): ArchiveStore | undefined {
  const location = input.archive ?? input.job.archive?.path;
  return location === undefined ? undefined : openStore(location, input);
}

function required(store: ArchiveStore | undefined): ArchiveStore {
  if (store !== undefined) return store;
  throw new Failure("configuration", "Cannot replay the archive: no archive is configured", {
    hint: 'Write "archive" in the job, or set BACKFILL_ARCHIVE',
  });
}

/** Deletes expired files of the archive; an error is only a warning. */
async function pruneArchive(
  { job, target, wallNow, fromArchive, signal }: ApiRunInput,
  store: ArchiveStore | undefined,
  listen: Listener,
): Promise<void> {
  const keepMs = job.archive?.keep;
  if (store === undefined || keepMs === undefined || fromArchive || signal.aborted) return;
  try {
    const expired = { job: job.job, target: target.id, beforeMs: wallNow() - keepMs };
    const { kept } = await prune(store, expired, (files) => forgetFiles(target, files));
    const warning = keptForeign(kept.length);
    if (warning !== undefined) listen({ kind: "warning", ...warning });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    listen({ kind: "warning", message: `Cannot prune the archive: ${reason}` });
  }
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
  const { job: { job, notify }, run, env, clock } = input;
  if (notify === undefined) return undefined;
  const url = readSecret(notify.url, env);
  const headers = { "content-type": "application/json" };
  return new Notifier({
    ...{ events: notify.events, job, run, sleep: clock.sleep, mask: (text) => api.mask(text) },
    post: async (body) => {
      const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS);
      const { status } = await api.http.exchange({ method: "POST", url, headers, body }, signal);
      if (status >= 300) throw new Error(`the webhook responded with status ${status}`);
    },
    warn: (message) => input.listen({ kind: "warning", message }),
  });
}
