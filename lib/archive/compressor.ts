// Turns an exchange with the API, or the end of a window, into the compressed records of an archive: masks the
// body, computes digests, compresses. Pure; it runs in a separate thread (compressor_thread.ts), because it takes
// milliseconds for a page.
import { maskBytes } from "../report/text/mask_bytes.ts";
import { concat, release } from "./warc/bytes.ts";
import { type Level, toMember } from "./warc/member.ts";
import {
  ABOUT_HEADER,
  type Header,
  httpHead,
  SEGMENT_HEADER,
  serialize,
  TOTAL_HEADER,
  type WarcRecord,
} from "./warc/warc.ts";

/** An exchange with the API; everything but the body of the response is masked. */
export interface Exchange {
  /** Discriminates the union. */
  readonly kind: "exchange";
  /** UUIDs of the response and of the request. */
  readonly ids: readonly [string, string];
  /** When the response was received, ISO 8601. */
  readonly date: string;
  /** URL of the request. */
  readonly url: string;
  /** Line and headers of the request. */
  readonly request: { readonly line: string; readonly headers: readonly Header[] };
  /** Body of the request; empty without one. */
  readonly requestBody: string;
  /** Line and headers of the response. */
  readonly response: { readonly line: string; readonly headers: readonly Header[] };
  /** Body of the response, not masked. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** What it belongs to, as JSON of ASCII. */
  readonly about: string;
  /** Whether further parts of the body follow. */
  readonly isFirstPart?: boolean;
}

/** A further part of the body of an exchange. */
export interface FurtherPart {
  /** Discriminates the union. */
  readonly kind: "part";
  /** A UUID. */
  readonly id: string;
  /** UUID of the response. */
  readonly origin: string;
  /** Its number, from 2. */
  readonly number: number;
  /** Whether it is the last one. */
  readonly isLast: boolean;
  /** ISO 8601. */
  readonly date: string;
  /** URL of the request. */
  readonly url: string;
  /** The bytes, not masked. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** What it belongs to, as JSON of ASCII. */
  readonly about: string;
}

/** A record without an exchange: what begins a file, or the end of a window. */
export interface Note {
  /** Discriminates the union. */
  readonly kind: "warcinfo" | "metadata";
  /** A UUID. */
  readonly id: string;
  /** ISO 8601. */
  readonly date: string;
  /** Media type of the text. */
  readonly contentType: string;
  /** The block. */
  readonly text: string;
  /** What it belongs to, as JSON of ASCII; empty for none. */
  readonly about: string;
}

/** What becomes records. */
export type Item = Exchange | FurtherPart | Note;

/** Compressed records. */
export interface Compressed {
  /** The members, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the first member: the response. */
  readonly length: number;
}

/** Compresses what is to be archived. */
export class Compressor {
  #mask = maskBytes([]);
  /** Bytes in the blocks of responses whose last part is still to come, by the UUIDs of the responses. */
  readonly #open = new Map<string, number>();

  /** Masks these secrets in bodies from now on. */
  hide(secrets: readonly string[]): void {
    this.#mask = maskBytes(secrets);
  }

  /** The compressed records of an item; the parts of a body come in their order. */
  compress(item: Item, level: Level): Compressed {
    const members = this.#recordsOf(item).map((record) => toMember(serialize(record), level));
    const [{ length }] = members as [Uint8Array];
    const bytes = concat(members);
    for (const member of members) release(member);
    return { bytes, length };
  }

  #recordsOf(item: Item): WarcRecord[] {
    switch (item.kind) {
      case "exchange":
        return [this.#responseOf(item), requestOf(item)];
      case "part":
        return [this.#continuationOf(item)];
      default:
        return [noteOf(item)];
    }
  }

  #responseOf({ ids: [id], date, url, response, body, about, isFirstPart }: Exchange): WarcRecord {
    const payload = this.#mask(body);
    // The length of the whole body is not known yet.
    const head = isFirstPart
      ? httpHead(response.line, response.headers)
      : messageHead(response, payload);
    if (isFirstPart) this.#open.set(id, head.length + payload.length);
    return {
      ...{ type: "response", id, date, head, payload },
      headers: [
        ...[[ABOUT_HEADER, about], ["WARC-Target-URI", url]] as const,
        ...isFirstPart ? [[SEGMENT_HEADER, "1"] as const] : [],
      ],
      contentType: "application/http; msgtype=response",
    };
  }

  #continuationOf(part: FurtherPart): WarcRecord {
    const { id, origin, number, isLast, date, url, body, about } = part;
    const payload = this.#mask(body);
    const total = (this.#open.get(origin) ?? 0) + payload.length;
    if (isLast) this.#open.delete(origin);
    else this.#open.set(origin, total);
    return {
      ...{ type: "continuation", id, date, head: new Uint8Array(), payload },
      headers: [
        ...[[ABOUT_HEADER, about], ["WARC-Target-URI", url]] as const,
        ["WARC-Segment-Origin-ID", `<urn:uuid:${origin}>`],
        [SEGMENT_HEADER, String(number)],
        ...isLast ? [[TOTAL_HEADER, String(total)] as const] : [],
      ],
    };
  }
}

function requestOf(
  { ids: [id, requestId], date, url, request, requestBody }: Exchange,
): WarcRecord {
  const payload = new TextEncoder().encode(requestBody);
  return {
    ...{ type: "request", id: requestId, date, payload },
    headers: [["WARC-Target-URI", url], ["WARC-Concurrent-To", `<urn:uuid:${id}>`]],
    contentType: "application/http; msgtype=request",
    head: payload.length === 0
      ? httpHead(request.line, request.headers)
      : messageHead(request, payload),
  };
}

function messageHead(
  { line, headers }: Exchange["response"],
  { length }: Uint8Array,
): Uint8Array {
  return httpHead(line, [...headers, ["content-length", String(length)]]);
}

function noteOf({ kind, id, date, contentType, text, about }: Note): WarcRecord {
  return {
    ...{ type: kind, id, date, contentType },
    headers: about === "" ? [] : [[ABOUT_HEADER, about]],
    head: new Uint8Array(),
    payload: new TextEncoder().encode(text),
  };
}
