// Owns writing an archive: compressed records are appended in the order in which they were handed over, to
// files that rotate by size, each of which begins with a warcinfo record. Records are appended while earlier ones are
// made durable, which takes seconds for some buckets. Invariant: after `flush` everything handed over before is
// durable, or it throws; after an error nothing more is written.
import { Failure } from "../failure.ts";
import type { Place } from "../fetch/page_archive.ts";
import { type ArchiveFileName, fileName, fileNumber, MOST_FILES } from "./store/file_name.ts";
import type { Item } from "./compressor.ts";
import { CompressorThread } from "./compressor_thread.ts";
import type { ArchiveStore, OpenFile } from "./store/store.ts";
import type { Level } from "./warc/member.ts";
import { warcinfoText } from "./warcinfo.ts";

/** What a writer needs. */
export interface WriterOptions {
  /** Name of the job, with which file names begin. */
  readonly job: string;
  /** The stamp of the target that the responses are fetched for. */
  readonly target: string;
  /** Where the files are. */
  readonly store: ArchiveStore;
  /** How much time compression takes and how small the files are. */
  readonly level: Level;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Returns a UUID. */
  readonly randomId: () => string;
}

/** Bytes after which the next file is begun; the WARC standard suggests at most 1 GB. */
const FILE_BYTES = 256 << 20;

/** Bytes of parts of long responses after which they are synced, even if no batch waits for them. */
const UNSYNCED_BYTES = 4 << 20;

/** Most writers that begin in the same second with the same random number. */
const MOST_ATTEMPTS = 5;

/** Writes the files of one process. */
export class ArchiveWriter implements AsyncDisposable {
  readonly #options: WriterOptions;
  readonly #compressor: CompressorThread;
  #name: ArchiveFileName | undefined;
  #file: OpenFile | undefined;
  /** The last step; it never rejects. */
  #last: Promise<void> = Promise.resolve();
  /** Resolves once what has been synced is durable; it never rejects. */
  #syncing: Promise<void> = Promise.resolve();
  #error: Failure | undefined;
  #unsynced = 0;

  /** Writes nothing yet. */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#compressor = new CompressorThread(options.level);
  }

  /** Masks these secrets in bodies from now on. */
  async hide(secrets: readonly string[]): Promise<void> {
    await this.#compressor.hide(secrets);
  }

  /** Hands over a record; resolves once it is appended (which sets the place of the response) or cannot be. */
  add(item: Item, kept?: { place: Place | undefined }): Promise<void> {
    const compressing = this.#compressor.compress(item);
    compressing.catch(() => {});
    return this.#then(async () => {
      const { bytes, length } = await compressing;
      const { file, number } = await this.#openFile();
      const offset = file.size;
      await file.append(bytes);
      if (kept !== undefined) kept.place = { file: number, offset, length };
      this.#unsynced += length;
      if (item.kind === "part" && this.#unsynced > UNSYNCED_BYTES) await this.#sync();
    });
  }

  /**
   * Resolves once everything that was handed over before is durable; calls resolve in order.
   *
   * @throws {Failure} of kind `archive` if something could not be written.
   */
  async flush(): Promise<void> {
    await this.#then(() => Promise.resolve(void this.#sync()));
    await this.#syncing;
    this.check();
  }

  /**
   * Does nothing unless writing has failed.
   *
   * @throws {Failure} of kind `archive` if it has.
   */
  check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Closes the file; what was not flushed may be lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#then(() => this.#close());
    this.#compressor[Symbol.dispose]();
  }

  /** Starts to make durable what was appended; resolves once it is, and everything before, or cannot be. */
  #sync(): Promise<void> {
    this.#unsynced = 0;
    const [before, syncing] = [this.#syncing, this.#file?.sync()];
    return this.#syncing = this.#guard(() => Promise.all([before, syncing]));
  }

  async #close(): Promise<void> {
    await this.#syncing;
    await this.#file?.close();
  }

  #then(step: () => Promise<void>): Promise<void> {
    return this.#last = this.#last.then(async () => {
      if (this.#error === undefined) await this.#guard(step);
    });
  }

  async #guard(step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#error ??= unwritable(this.#options.store.label, error);
    }
  }

  /** The file to append to, and its number. */
  async #openFile(): Promise<{ file: OpenFile; number: bigint }> {
    if (this.#file !== undefined && this.#file.size < FILE_BYTES && !this.#file.isClosed) {
      return { file: this.#file, number: fileNumber(this.#name!) };
    }
    if (this.#file?.isClosed === false) await this.#close();
    const { target, wallNow, randomId } = this.#options;
    const { file, name } = await this.#create();
    [this.#file, this.#name] = [file, name];
    const note = await this.#compressor.compress({
      ...{ kind: "warcinfo", id: randomId(), about: "" },
      date: new Date(wallNow()).toISOString(),
      contentType: "application/warc-fields",
      text: warcinfoText(target),
    });
    await file.append(note.bytes);
    return { file, number: fileNumber(name) };
  }

  async #create(): Promise<{ file: OpenFile; name: ArchiveFileName }> {
    const { store } = this.#options;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const name = attempt === 0 ? this.#nextName() : this.#newSeries();
      const file = await store.create(fileName(name));
      if (file !== undefined) return { file, name };
    }
    throw new Error("every file name that was tried already exists");
  }

  #nextName(): ArchiveFileName {
    const last = this.#name;
    return last === undefined || last.place === MOST_FILES
      ? this.#newSeries()
      : { ...last, place: last.place + 1 };
  }

  #newSeries(): ArchiveFileName {
    const { job, wallNow, random } = this.#options;
    const second = Math.floor(wallNow() / 1000);
    return { job, second, random: Math.floor(random() * 100_000), place: 1 };
  }
}

function unwritable(label: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure("archive", `Cannot archive responses in ${label}: ${reason}`, {
    hint: "Free space or grant access there, then run again with --resume; nothing is lost",
    cause: error,
  });
}
