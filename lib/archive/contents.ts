// Indexes an archive from its files: the readings of each window, and the place of the response to each of their
// requests. Invariant: a truncated or damaged record is not indexed; the records after it are.
import { parseAbout, type ReadingAbout } from "./about.ts";
import { fileNumber, parseFileName } from "./store/file_name.ts";
import { memberAt, membersOf, recordAt } from "./scan.ts";
import type { ArchiveStore, FileReader, StoredFile } from "./store/store.ts";
import {
  ABOUT_HEADER,
  parseHttpResponse,
  parseRecord,
  SEGMENT_HEADER,
  TOTAL_HEADER,
} from "./warc/warc.ts";
import { targetOf } from "./warcinfo.ts";
import { yieldToEventLoop } from "../yield_to_event_loop.ts";
import { Failure } from "../failure.ts";
import type { BodyReader } from "../fetch/http/body_rest.ts";
import type { Place } from "../fetch/page_archive.ts";

/** Where a response or a part of it lies. */
export interface NamedPlace extends Place {
  /** Name of the file. */
  readonly name: string;
}

/** A response of a reading. */
export interface ArchivedPage extends NamedPlace {
  /** The further parts of a long response. */
  readonly parts?: readonly NamedPlace[];
  /** URL of the request, masked. */
  readonly requested: string;
  /** URL that responded, if the request was redirected. */
  readonly url: string | undefined;
}

/** A reading of a window: the responses to its requests. */
export interface ArchivedReading extends ReadingAbout {
  /** The stamp of the target that it was fetched for; undefined if the file does not state it. */
  readonly target: string | undefined;
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
  /** The target of the file that is being read. */
  #target: string | undefined;
  /** Long responses whose last part was not read yet, by the IDs of their first records. */
  readonly #divided = new Map<string, DividedPage>();

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
      this.#target = targetOf(file);
      for (const { offset, length, headers } of membersOf(file)) {
        this.#note(headers, { name, file: number, offset, length });
      }
      await yieldToEventLoop();
    }
  }

  /** The response of a page; undefined if its record is damaged. */
  async response(
    page: ArchivedPage,
  ): Promise<ReadResponse | undefined> {
    const block = await this.#blockAt(page);
    const response = block && parseHttpResponse(block);
    if (response === undefined || page.parts === undefined) return response;
    return { ...response, rest: this.#rest(page.parts) };
  }

  /** The request for a page, whose record follows that of its response; undefined if it is damaged. */
  async request({ name, file: number, offset, length }: ArchivedPage): Promise<
    ReadRequest | undefined
  > {
    const file = await this.#file(name);
    const member = memberAt(file, offset + length);
    const bytes = member && inflated(file, { ...member, file: number });
    const [head, http, ...body] = new TextDecoder().decode(bytes).split(BREAK);
    if (!/^WARC-Type: request$/m.test(head!)) return undefined;
    const method = http!.split(" ")[0]!;
    return { method, body: body.join(BREAK).slice(0, -BREAK.length) };
  }

  /** Reads the further parts of a response, one at a time. */
  #rest(parts: readonly NamedPlace[]): BodyReader {
    let at = 0;
    return {
      next: async () => {
        const part = parts[at++];
        if (part === undefined) return undefined;
        const block = await this.#blockAt(part);
        if (block === undefined) throw damagedPart(part);
        return block;
      },
      [Symbol.dispose]: () => {},
    };
  }

  async #blockAt(place: NamedPlace): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = inflated(await this.#file(place.name), place);
    const record = bytes && parseRecord(bytes);
    if (bytes === undefined || record === undefined) return undefined;
    const { headers, blockAt } = record;
    return bytes.slice(blockAt, blockAt + Number(headers.get("content-length")));
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

  #note(headers: ReadonlyMap<string, string>, place: NamedPlace): void {
    const type = headers.get("warc-type");
    const about = parseAbout(headers.get(ABOUT_HEADER));
    if (about?.stream === undefined || about.at === undefined) return;
    const reading = this.#reading(about as ReadingAbout);
    if (type === "metadata") reading.hasEnded = true;
    if (type === "continuation") this.#continue(headers, place);
    if (type !== "response" || about.key === undefined) return;
    const requested = headers.get("warc-target-uri") ?? "";
    const page = { ...place, requested, url: about.url };
    if (!headers.has(SEGMENT_NUMBER)) return void reading.pages.set(about.key, page);
    const key = about.key;
    this.#divided.set(headers.get("warc-record-id") ?? "", {
      ...{ page, parts: [], bytes: lengthOf(headers) },
      complete: (whole) => void reading.pages.set(key, whole),
    });
  }

  /** Adds a part to its response, which is complete with its last part. */
  #continue(headers: ReadonlyMap<string, string>, place: NamedPlace): void {
    const id = headers.get("warc-segment-origin-id") ?? "";
    const divided = this.#divided.get(id);
    if (divided === undefined) return;
    if (Number(headers.get(SEGMENT_NUMBER)) !== divided.parts.length + 2) {
      return void this.#divided.delete(id);
    }
    divided.parts.push(place);
    divided.bytes += lengthOf(headers);
    const total = headers.get(TOTAL_HEADER.toLowerCase());
    if (total === undefined) return;
    this.#divided.delete(id);
    const { page, parts, bytes, complete } = divided;
    if (Number(total) === bytes) complete({ ...page, parts });
  }

  #reading({ job, stream, scope, each, from, to, at }: ReadingAbout): ArchivedReading {
    const target = this.#target;
    const of = { target, job, stream, scope, each, from, to, at };
    const id = JSON.stringify(Object.values(of));
    let reading = this.#readings.get(id);
    if (reading === undefined) {
      reading = { ...of, pages: new Map(), hasEnded: false };
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

/** A request as an archive holds it, without its secrets. */
export interface ReadRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The body; empty without one. */
  readonly body: string;
}

/** The separator that ends the headers of a record and of a message, and follows a block. */
const BREAK = "\r\n\r\n";

/** A response as an archive holds it. */
export interface ReadResponse {
  /** HTTP status. */
  readonly status: number;
  /** Headers of the response. */
  readonly headers: Headers;
  /** The body, or the first part of a long one. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The rest of a long body. */
  readonly rest?: BodyReader | undefined;
}

/** A long response while its parts are found. */
interface DividedPage {
  readonly page: ArchivedPage;
  readonly parts: NamedPlace[];
  /** Bytes in the blocks so far. */
  bytes: number;
  readonly complete: (page: ArchivedPage) => void;
}

const SEGMENT_NUMBER = SEGMENT_HEADER.toLowerCase();

function lengthOf(headers: ReadonlyMap<string, string>): number {
  return Number(headers.get("content-length"));
}

function damagedPart({ name, offset }: NamedPlace): Failure {
  return new Failure(
    "window",
    `Cannot read the archived response: ${name} is damaged at ${offset}`,
    {
      hint: "Check the archive with deno task archive verify",
    },
  );
}

/** Files that are open at a time. */
const MOST_OPEN = 16;
