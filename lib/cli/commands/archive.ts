// Owns what `archive` does once its arguments are read: verifies the files against their digests and the target,
// deletes old ones, or copies records to standard output. It sends no request to the API.
import { exportRecords } from "../../archive/export.ts";
import { openStore } from "../../archive/store/open_store.ts";
import { prune, type Pruned } from "../../archive/prune.ts";
import type { ArchiveStore, StoredFile } from "../../archive/store/store.ts";
import { type VerifiedArchive, verifyArchive } from "../../archive/verify_archive.ts";
import type { Job } from "../../config/schema/job.ts";
import { Failure } from "../../failure.ts";
import { monotonicClock } from "../../fetch/rate/clock.ts";
import { parseDurationMs } from "../../plan/time/duration.ts";
import { formatCount } from "../../report/text/format.ts";
import { forgetFiles, recordedPlaces } from "../../upsert/archive_index.ts";
import { openTarget } from "../../upsert/open_target.ts";
import type { Target } from "../../upsert/write/target.ts";
import type { Arguments } from "../arguments.ts";
import { EXIT } from "../exit.ts";
import { env, onWait, print } from "../open_job.ts";
import { readSettings } from "../settings.ts";

/** What `archive` can do. */
export const ARCHIVE_ACTIONS: Readonly<Record<string, string>> = {
  verify: "Read every record; compare it with its digest and with what the database records.",
  prune: "Delete files older than the archive's keep, or than --keep.",
  export: "Write records to standard output as one WARC file.",
};

/**
 * Runs one action on the archive of a job; resolves to the exit code.
 *
 * @throws {Failure} of kind `configuration` if there is no archive or no such action.
 */
export async function useArchive(job: Job, action: string, args: Arguments): Promise<number> {
  using store = storeOf(job);
  switch (action) {
    case "verify":
      return await withTarget((target) => verify(job, store, target, args));
    case "prune":
      return await withTarget((target) => pruneArchive(job, store, target, args));
    default:
      return await exportArchive(job, store, args);
  }
}

function storeOf(job: Job): ArchiveStore {
  const location = readSettings(env).archive ?? job.archive?.path;
  if (location === undefined) {
    throw new Failure("configuration", "Cannot open the archive: no archive is configured", {
      hint: 'Write "archive" in the job, or set BACKFILL_ARCHIVE',
    });
  }
  return openStore(location, {
    ...{ env, clock: monotonicClock(), wallNow: Date.now, random: Math.random },
  });
}

async function withTarget(use: (target: Target) => Promise<number>): Promise<number> {
  await using target = await openTarget(readSettings(env).databaseUrl, {
    onWait,
    waitsForServer: false,
  });
  return await use(target);
}

async function verify(
  { job }: Job,
  store: ArchiveStore,
  target: Target,
  args: Arguments,
): Promise<number> {
  const { problems, ...found } = await verifyArchive(store, job, recordedPlaces(target, job));
  const result = { ok: problems.length === 0, ...found, problems };
  if (args.has("json")) console.log(JSON.stringify(result));
  else print(verificationText(store.label, result));
  return result.ok ? EXIT.done : EXIT.failed;
}

function verificationText(
  label: string,
  { ok, ...result }: VerifiedArchive & { readonly ok: boolean },
): string {
  const { files, records, responses, missing, problems, notes } = result;
  const counts = `${formatCount(files, "file")}, ${formatCount(records, "record")}`;
  const recorded = `the database records ${formatCount(responses, "response")}`;
  return [
    `${label}: ${counts}; ${recorded}, ${missing} of them missing`,
    ...notes.map((note) => `note: ${note}`),
    ...problems.map((problem) => `FAIL  ${problem}`),
    ...ok ? [] : ["hint: Fetch these dates again, which archives them: deno task backfill"],
    ...ok ? ["PASS  every record matches its digest, and no response is missing"] : [],
  ].join("\n");
}

async function pruneArchive(
  job: Job,
  store: ArchiveStore,
  target: Target,
  args: Arguments,
): Promise<number> {
  const keepMs = keepOf(job, args.value("keep"));
  // A run appends to its file, however long it has waited for the API in between.
  const holder = { run: "archive prune", host: Deno.hostname(), pid: Deno.pid };
  await using _lock = await target.lock(job.job, holder);
  const of = { job: job.job, target: target.id, beforeMs: Date.now() - keepMs };
  const pruned = await prune(
    store,
    { ...of, all: args.has("all") },
    (files) => forgetFiles(target, files),
  );
  if (args.has("json")) console.log(JSON.stringify(prunedJson(pruned)));
  else print(prunedText(pruned));
  return EXIT.done;
}

/** What `archive prune --json` prints. */
function prunedJson({ deleted, kept }: Pruned) {
  const namesOf = (files: readonly StoredFile[]) => files.map(({ name }) => name);
  return { files: namesOf(deleted), bytes: bytesOf(deleted), kept: namesOf(kept) };
}

function prunedText({ deleted, kept }: Pruned): string {
  const sizeOf = (files: readonly StoredFile[]) =>
    `${formatCount(files.length, "file")}, ${(bytesOf(files) / 1e6).toFixed(1)} MB`;
  return [
    deleted.length === 0 ? "nothing to delete" : `deleted ${sizeOf(deleted)}`,
    ...kept.length === 0
      ? []
      : [`kept ${sizeOf(kept)} that another database archived; --all deletes them too`],
  ].join("\n");
}

function bytesOf(files: readonly StoredFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function keepOf(job: Job, given: string | undefined): number {
  const keepMs = given === undefined ? job.archive?.keep : parseDurationMs(given);
  if (keepMs !== undefined && keepMs > 0) return keepMs;
  throw new Failure(
    "configuration",
    given === undefined
      ? "Cannot prune the archive: no retention period is set"
      : `Cannot use --keep "${given}": expected a duration such as 400d`,
    { hint: 'Pass --keep 400d, or write "keep: 400d" under "archive" in the job' },
  );
}

async function exportArchive(job: Job, store: ArchiveStore, args: Arguments): Promise<number> {
  if (Deno.stdout.isTerminal()) {
    throw new Failure("configuration", "Cannot export to a terminal: records are binary", {
      hint: `Write them to a file: deno task archive export > ${job.job}.warc.gz`,
    });
  }
  const day = (name: string) => args.value(name);
  const selection = {
    ...{ job: job.job, streams: args.list("only") },
    ...{ from: day("start-date"), to: day("end-date") },
  };
  const writer = Deno.stdout.writable.getWriter();
  for await (const bytes of exportRecords(store, selection)) await writer.write(bytes);
  await writer.close();
  return EXIT.done;
}
