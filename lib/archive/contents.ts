// Indexes an archive from its files: the readings of each window, and the place of the response to each of
// their requests. Invariant: a record that is cut off or damaged is not there; those behind it are.
import { parseAbout, type ReadingAbout } from "./about.ts";
import { fileNumber, parseFileName } from "./store/file_name.ts";
import { membersOf, recordAt } from "./scan.ts";
import type { ArchiveStore, FileReader, StoredFile } from "./store/store.ts";
import { ABOUT_HEADER, parseHttpResponse, parseRecord } from "./warc/warc.ts";
import { yieldToEventLoop } from "../yield_to_event_loop.ts";
import type { Place } from "../fetch/page_archive.ts";

/** A response of a reading. */
export interface ArchivedPage extends Place {
  /** Name of the file. */
  readonly name: string;
  /** URL of the request, masked. */
  readonly requested: string;
  /** URL that responded, if the request was redirected. */
  readonly url: string | undefined;
}

/** A reading of a window: the responses to its requests. */
export interface ArchivedReading extends ReadingAbout {
  /** The responses by the key of their request; if there are several, the last one. */
  readonly pages: Map<string, ArchivedPage>;
  /** Whether it was read to its end. */
  hasEnded: boolean;
}

/** The contents of some files of an archive. */
export class Contents implements Disposable {
  /** The readings, in the order of their first records. */
  readonly readings: Iterable<ArchivedReading>;
  readonly #readings = new Map<string, ArchivedReading>();
  readonly #store: ArchiveStore;
  readonly #open = new Map<string, Promise<FileReader>>();

  /** Holds nothing until files are read. */
  constructor(store: ArchiveStore) {
    this.#store = store;
    this.readings = { [Symbol.iterator]: () => this.#readings.values() };
  }

  /** Reads the headers of all records of files. */
  async read(files: readonly StoredFile[]): Promise<void> {
    for (const { name } of files) {
      const named = parseFileName(name);
      if (named === undefined) continue;
      using file = await this.#store.open(name);
      const number = fileNumber(named);
      for (const { offset, length, headers } of membersOf(file)) {
        this.#note(headers, { name, file: number, offset, length });
      }
      await yieldToEventLoop();
    }
  }

  /** The response of a page; undefined if its record is damaged. */
  async response(
    page: ArchivedPage,
  ): Promise<{ status: number; headers: Headers; body: Uint8Array<ArrayBuffer> } | undefined> {
    const file = await this.#file(page.name);
    const bytes = inflated(file, page);
    if (bytes === undefined) return undefined;
    const record = parseRecord(bytes);
    const size = Number(record?.headers.get("content-length"));
    const block = bytes.slice(record?.blockAt, (record?.blockAt ?? 0) + size);
    return record && parseHttpResponse(block);
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const opened of this.#open.values()) {
      opened.then((file) => file[Symbol.dispose](), () => {});
    }
    this.#open.clear();
  }

  #file(name: string): Promise<FileReader> {
    let file = this.#open.get(name);
    if (file === undefined) {
      if (this.#open.size >= MOST_OPEN) this[Symbol.dispose]();
      this.#open.set(name, file = this.#store.open(name));
    }
    return file;
  }

  #note(headers: ReadonlyMap<string, string>, page: Place & { name: string }): void {
    const type = headers.get("warc-type");
    const about = parseAbout(headers.get(ABOUT_HEADER));
    if (about?.stream === undefined || about.at === undefined) return;
    const reading = this.#reading(about as ReadingAbout);
    if (type === "metadata") reading.hasEnded = true;
    if (type !== "response" || about.key === undefined) return;
    const requested = headers.get("warc-target-uri") ?? "";
    reading.pages.set(about.key, { ...page, requested, url: about.url });
  }

  #reading({ job, stream, scope, each, from, to, at }: ReadingAbout): ArchivedReading {
    const id = JSON.stringify([job, stream, scope, each, from, to, at]);
    let reading = this.#readings.get(id);
    if (reading === undefined) {
      reading = { job, stream, scope, each, from, to, at, pages: new Map(), hasEnded: false };
      this.#readings.set(id, reading);
    }
    return reading;
  }
}

/** The bytes of a record; undefined if they do not match its checksum. */
function inflated(file: FileReader, { offset, length }: Place): Uint8Array | undefined {
  try {
    return recordAt(file, offset, length);
  } catch {
    return undefined;
  }
}

/** Files that are open at a time. */
const MOST_OPEN = 16;
