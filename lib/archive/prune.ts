// Deletes the files of an archive whose retention period has ended. A file is deleted as a whole, once its
// last response is old enough. Invariant: the target forgets the responses in a file before the file is
// deleted.
import { fileNumber, parseFileName } from "./store/file_name.ts";
import type { ArchiveStore, StoredFile } from "./store/store.ts";

/** The files of a job whose last response is older than an instant, epoch milliseconds. */
function expiredFiles(
  files: readonly StoredFile[],
  job: string,
  beforeMs: number,
): StoredFile[] {
  return files.filter(({ name, modifiedAt }) =>
    parseFileName(name)?.job === job && modifiedAt < beforeMs
  );
}

/** Deletes the files of a job whose last response is older than an instant; returns them. */
export async function prune(
  store: ArchiveStore,
  { job, beforeMs }: { readonly job: string; readonly beforeMs: number },
  forget: (files: readonly bigint[]) => Promise<void>,
): Promise<StoredFile[]> {
  const expired = expiredFiles(await store.list(), job, beforeMs);
  if (expired.length === 0) return [];
  await forget(expired.map(({ name }) => fileNumber(parseFileName(name)!)));
  for (const { name } of expired) await store.remove(name);
  return expired;
}
