// The door of the archive: every response is kept in it before the rows that come from it are committed.
// Tracks which reading of which window a response belongs to. Invariant: what `settle` has
// returned is durable in the archive, so a ledger that commits afterwards is never ahead of it.
import type {
  ArchivableResponse,
  KeptResponse,
  LongKept,
  PageArchive,
  Place,
} from "../fetch/page_archive.ts";
import type { WireRequest } from "../fetch/http/request.ts";
import type { Unit } from "../plan/unit.ts";
import { formatDay } from "../plan/time/civil.ts";
import type { Mask } from "../report/text/mask.ts";
import {
  aboutText,
  readingOf,
  requestHeaders,
  requestKey,
  responseHeaders,
  withoutSignature,
} from "./about.ts";
import { ArchiveWriter, type WriterOptions } from "./archive_writer.ts";
import { type CommittedReading, Interrupted } from "./interrupted.ts";
import type { Exchange, Item } from "./compressor.ts";
import { type Part, PartedResponse } from "./long_kept.ts";
import { findResponse } from "./replayed_reading.ts";

/** A window whose pages are all in the archive once it is settled. */
export interface EndedWindow {
  /** The window. */
  readonly unit: Unit;
  /** Epoch milliseconds before its first request. */
  readonly requestedAt: number;
  /** Pages of it. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
}

/** A response that is in the archive. */
export interface SettledResponse extends Place {
  /** First day of its window; null without one. */
  readonly day: string | null;
  /** Number of a further part of a long response; null for others. */
  readonly part: number | null;
}

/** What a run needs of an archive. */
export interface RunArchive extends AsyncDisposable {
  /** The reading of a unit that begins at `startedAt`, epoch milliseconds; `mask` hides secrets in strings. */
  begin(unit: Unit, startedAt: number, mask: Mask): PageArchive;
  /**
   * Flushes everything stored so far to disk, including the ends of windows. Returns the locations of the responses.
   *
   * @throws {Failure} of kind `archive` if something could not be written.
   */
  settle(
    kept: readonly KeptResponse[],
    ended: readonly EndedWindow[],
  ): Promise<SettledResponse[]>;
}

/** The archive to which a run adds; close it with `await using`. */
export class Archive implements RunArchive {
  readonly #options: WriterOptions;
  readonly #writer: ArchiveWriter;
  readonly #secrets = new Set<string>();
  #interrupted: Interrupted | undefined;

  /** Creates nothing yet. */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#writer = new ArchiveWriter(options);
  }

  /** Masks these secrets in bodies that are kept from now on, in addition to earlier ones. */
  hide(secrets: readonly string[]): void {
    for (const secret of secrets) this.#secrets.add(secret);
    void this.#writer.hide([...this.#secrets]);
  }

  /** Continues windows where interrupted runs stopped; `committed` are the ledger entries of the last day. */
  async resume(committed: readonly CommittedReading[]): Promise<void> {
    const { store, job, target, wallNow } = this.#options;
    const of = { store, job, target, nowMs: wallNow() };
    this.#interrupted = await Interrupted.read(of, committed);
  }

  begin(unit: Unit, begunAt: number, mask: Mask): PageArchive {
    const interrupted = this.#interrupted;
    let earlier = interrupted?.take(unit);
    const startedAt = () => earlier?.at ?? begunAt;
    return {
      get startedAt() {
        return startedAt();
      },
      isOnly: false,
      get isWhole() {
        return earlier?.hasEnded === true;
      },
      find: (request) => earlier && findResponse(interrupted!.contents, earlier, request, mask),
      forget: () => {
        const isForgotten = earlier !== undefined;
        earlier = undefined;
        return isForgotten;
      },
      keep: (request, response) => {
        const of = { unit, startedAt: startedAt(), mask };
        return this.#keep(of, request, response);
      },
      keepLong: (request, response) => {
        return this.#keepLong({ unit, startedAt: startedAt(), mask }, request, response);
      },
    };
  }

  async settle(
    kept: readonly KeptResponse[],
    ended: readonly EndedWindow[],
  ): Promise<SettledResponse[]> {
    const { job, randomId, wallNow } = this.#options;
    for (const { unit, requestedAt, pages, records } of ended) {
      const about = aboutText({ ...readingOf(job, unit, requestedAt), pages, records });
      void this.#writer.add({
        ...{ kind: "metadata", id: randomId(), about, contentType: "application/json" },
        ...{ date: new Date(wallNow()).toISOString(), text: about },
      });
    }
    // The rows of a long response that is still arriving complete no window, so that nothing has to be durable.
    if (kept.length === 0 && ended.length === 0) return [];
    await this.#writer.flush();
    return settledOf(kept);
  }

  /** Closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#interrupted?.[Symbol.dispose]();
    await this.#writer[Symbol.asyncDispose]();
  }

  #keep(of: KeptOf, request: WireRequest, response: ArchivableResponse): KeptResponse {
    const { body } = response;
    return this.#add(this.#exchange(of, request, response)(body.slice()), of.unit);
  }

  #keepLong(
    of: KeptOf,
    request: WireRequest,
    response: Omit<ArchivableResponse, "body">,
  ): LongKept {
    const { randomId, wallNow } = this.#options;
    const exchange = this.#exchange(of, request, response);
    const { url, about, ids: [origin] } = exchange(new Uint8Array());
    const itemOf = ({ number, isLast, body }: Part): Item => {
      if (number === 1) {
        return { ...exchange(body), ids: [origin, randomId()], isFirstPart: !isLast };
      }
      const date = new Date(wallNow()).toISOString();
      return { kind: "part", id: randomId(), origin, number, isLast, date, url, body, about };
    };
    return new PartedResponse({
      keep: (part) => this.#add(itemOf(part), of.unit, part.number),
      check: () => this.#writer.check(),
    });
  }

  /** Returns the function that creates the exchange of a body. */
  #exchange(
    { unit, startedAt, mask }: KeptOf,
    request: WireRequest,
    response: Omit<ArchivableResponse, "body">,
  ): (body: Uint8Array<ArrayBuffer>) => Exchange {
    const { job, randomId, wallNow } = this.#options;
    const hidden = (url: string) => withoutSignature(mask(url));
    const masked = { ...request, url: hidden(request.url), body: mask(request.body ?? "") };
    const responded = hidden(response.url);
    const about = {
      ...readingOf(job, unit, startedAt),
      key: requestKey(masked),
      ...responded === masked.url ? {} : { url: responded },
    };
    const { pathname, search } = new URL(masked.url);
    const { status } = response;
    return (body) => ({
      ...{ kind: "exchange", ids: [randomId(), randomId()], url: masked.url, body },
      date: new Date(wallNow()).toISOString(),
      request: {
        line: `${request.method} ${pathname}${search} HTTP/1.1`,
        headers: requestHeaders(request, mask),
      },
      requestBody: masked.body,
      response: {
        line: `HTTP/1.1 ${status} ${status === 200 ? "OK" : ""}`,
        headers: responseHeaders(response.headers, mask),
      },
      about: aboutText(about),
    });
  }

  #add(item: Item, { window }: Unit, part = 1): KeptResponse {
    const written: { place: Place | undefined } = { place: undefined };
    const adding = this.#writer.add(item, written);
    return {
      get place() {
        return written.place;
      },
      written: adding,
      day: window === null ? null : formatDay(window.from),
      ...part > 1 ? { part } : {},
    };
  }
}

/** What a response is kept for. */
interface KeptOf {
  readonly unit: Unit;
  readonly startedAt: number;
  readonly mask: Mask;
}

/** Where responses lie that were written. */
export function settledOf(kept: readonly KeptResponse[]): SettledResponse[] {
  return kept.flatMap(({ place, day, part = null }) => place ? [{ ...place, day, part }] : []);
}
