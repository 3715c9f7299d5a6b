// Finds what interrupted runs left in an archive: the newest reading of each window that is not in the ledger, so that
// it continues where it stopped. It reads only the last files of each process, and only those of the last day, and
// ignores readings for other databases. It never decides whether the data are still the same; the total that the API
// declares does.
import type { Unit } from "../plan/unit.ts";
import { type ArchivedReading, Contents } from "./contents.ts";
import { type ReadingAbout, readingOf } from "./about.ts";
import { parseFileName } from "./store/file_name.ts";
import type { ArchiveStore, StoredFile } from "./store/store.ts";

/** Age from which a reading is not continued. */
export const MOST_AGE_MS: number = 86_400_000;
/** Bytes of the last files of a process that are read. */
const MOST_BYTES = 128 << 20;
const LEAST_FILES = 2;

/** A finished window of the ledger. */
export type CommittedReading = Omit<ReadingAbout, "job">;

/** The readings that may be continued. */
export class Interrupted implements Disposable {
  /** The contents of the files. */
  readonly contents: Contents;
  readonly #newest = new Map<string, ArchivedReading>();

  private constructor(contents: Contents) {
    this.contents = contents;
  }

  /**
   * Reads what the runs of a job into the target of a stamp left since a day before `nowMs`; `committed` are entries
   * of the ledger.
   */
  static async read(
    { store, job, target, nowMs }: {
      store: ArchiveStore;
      job: string;
      target: string;
      nowMs: number;
    },
    committed: readonly CommittedReading[],
  ): Promise<Interrupted> {
    const sinceMs = nowMs - MOST_AGE_MS;
    const contents = new Contents(store);
    const interrupted = new Interrupted(contents);
    await contents.read(lastFiles(await store.list(), job, sinceMs));
    const done = new Set(
      committed.map(({ stream, scope, each, at }) => JSON.stringify([stream, scope, each, at])),
    );
    const newest = interrupted.#newest;
    for (const reading of contents.readings) {
      if (reading.job !== job || reading.target !== target || reading.at < sinceMs) continue;
      const before = newest.get(idOf(reading));
      if (before === undefined || before.at < reading.at) newest.set(idOf(reading), reading);
    }
    for (const [id, { stream, scope, each, at, pages }] of newest) {
      const isDone = done.has(JSON.stringify([stream, scope, each, at]));
      if (isDone || pages.size === 0) newest.delete(id);
    }
    return interrupted;
  }

  /** Takes the reading of a unit that can be continued; returns each reading once. */
  take(unit: Unit): ArchivedReading | undefined {
    const id = idOf(readingOf("", unit, 0));
    const reading = this.#newest.get(id);
    this.#newest.delete(id);
    return reading;
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    this.contents[Symbol.dispose]();
  }
}

function idOf({ stream, scope, each, from, to }: ReadingAbout) {
  return JSON.stringify([stream, scope, each, from, to]);
}

/** The last files of each process that wrote for the job since an instant. */
function lastFiles(files: readonly StoredFile[], job: string, sinceMs: number): StoredFile[] {
  const series = new Map<string, StoredFile[]>();
  for (const file of files) {
    const named = parseFileName(file.name);
    if (named?.job !== job || file.modifiedAt < sinceMs) continue;
    const id = `${named.second}-${named.random}`;
    series.set(id, [...series.get(id) ?? [], file]);
  }
  return [...series.values()].flatMap((all) => {
    let bytes = 0;
    const from = all.findLastIndex(({ size }, at) =>
      (bytes += size) > MOST_BYTES && all.length - at > LEAST_FILES
    );
    return all.slice(from + 1);
  });
}
