// Owns the archive of one run: opens it, opens a replay of it, and prunes it. Loaded only by a run that keeps
// responses or reads kept ones. It sends no request to the API.
import { Archive } from "./archive/archive.ts";
import { MOST_AGE_MS } from "./archive/interrupted.ts";
import { keptForeign } from "./archive/other_databases.ts";
import { prune } from "./archive/prune.ts";
import { Replay } from "./archive/replay.ts";
import { openStore } from "./archive/store/open_store.ts";
import type { S3Dependencies } from "./archive/store/s3_client.ts";
import type { ArchiveStore } from "./archive/store/store.ts";
import { Failure } from "./failure.ts";
import type { Listener } from "./report/event.ts";
import type { RunInput } from "./run.ts";
import { committedSince, forgetFiles } from "./upsert/archive_index.ts";

/** What the archive of a run needs of its input. */
export interface ArchivedRun
  extends Pick<RunInput, "job" | "params" | "resume" | "signal" | "target">, S3Dependencies {
  /** Folder or bucket of the archive. Defaults to that of the job. */
  readonly archive?: string | undefined;
  /** Whether responses come from the archive. Defaults to false. */
  readonly fromArchive?: boolean | undefined;
}

/** The archive of a run, with what interrupted runs have left in it; undefined where nothing is archived. */
export async function openArchive(
  { job, wallNow, random, target, resume }: ArchivedRun,
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
export async function openReplay(
  { job, params, target }: ArchivedRun,
  store: ArchiveStore | undefined,
  mask: (text: string) => string,
): Promise<Replay> {
  const committed = await committedSince(target, job.job, 0);
  return await Replay.open({
    ...{ store: required(store), job, target: target.id, params, mask, committed },
  });
}

/** The store of a run's archive; undefined where it has none. */
export function openStoreOf(input: ArchivedRun): ArchiveStore | undefined {
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
export async function pruneArchive(
  { job, target, wallNow, fromArchive, signal }: ArchivedRun,
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
