// Deletes the files of an archive whose retention period has ended. A file is deleted as a whole, once its
// last response is old enough, and only by the database that it was written for. Invariant: the target forgets the
// responses in a file before the file is deleted.
import { fileNumber, parseFileName } from "./store/file_name.ts";
import type { ArchiveStore, StoredFile } from "./store/store.ts";
import { targetOf } from "./warcinfo.ts";

/** Which files are deleted. */
export interface PruneOptions {
  /** Name of the job. */
  readonly job: string;
  /** The stamp of the target whose files are deleted. */
  readonly target: string;
  /** Epoch milliseconds; a file whose last response is older is deleted. */
  readonly beforeMs: number;
  /** Whether the files of other targets are deleted too. Defaults to false. */
  readonly all?: boolean;
}

/** What was pruned. */
export interface Pruned {
  /** The files that were deleted. */
  readonly deleted: readonly StoredFile[];
  /** The files that are as old, but were written for another target. */
  readonly kept: readonly StoredFile[];
}

/** Deletes the files of a job whose last response is older than an instant. */
export async function prune(
  store: ArchiveStore,
  { job, target, beforeMs, all = false }: PruneOptions,
  forget: (files: readonly bigint[]) => Promise<void>,
): Promise<Pruned> {
  const [deleted, kept]: [StoredFile[], StoredFile[]] = [[], []];
  for (const stored of await store.list()) {
    if (parseFileName(stored.name)?.job !== job || stored.modifiedAt >= beforeMs) continue;
    const isForeign = !all && !await isFor(target, store, stored.name);
    (isForeign ? kept : deleted).push(stored);
  }
  if (deleted.length > 0) {
    await forget(deleted.map(({ name }) => fileNumber(parseFileName(name)!)));
    for (const { name } of deleted) await store.remove(name);
  }
  return { deleted, kept };
}

/** Whether a file was written for a target; true if it does not state one. */
async function isFor(target: string, store: ArchiveStore, name: string): Promise<boolean> {
  using file = await store.open(name);
  return (targetOf(file) ?? target) === target;
}
