// Turns an exchange with the API, or the end of a window, into the compressed records of an archive: masks the
// body, computes digests, compresses. Pure; it runs in a separate thread (press_thread.ts), because it takes
// milliseconds for a page.
import { maskBytes } from "../report/text/mask_bytes.ts";
import { concat } from "./warc/bytes.ts";
import { toMember } from "./warc/member.ts";
import { ABOUT_HEADER, type Header, httpHead, serialize } from "./warc/warc.ts";

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

/** Compressed records. */
export interface Pressed {
  /** The members, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the first member: the response. */
  readonly length: number;
}

/** Compresses what is to be archived. */
export class Press {
  #mask = maskBytes([]);

  /** Masks these secrets in bodies from now on. */
  hide(secrets: readonly string[]): void {
    this.#mask = maskBytes(secrets);
  }

  /** The compressed records of an exchange or a note. */
  press(item: Exchange | Note): Pressed {
    return item.kind === "exchange" ? pressExchange(item, this.#mask(item.body)) : pressNote(item);
  }
}

function pressExchange(exchange: Exchange, payload: Uint8Array): Pressed {
  const { ids: [id, requestId], date, url, request, requestBody, response, about } = exchange;
  const first = toMember(serialize({
    ...{ type: "response", id, date, payload },
    headers: [[ABOUT_HEADER, about], ["WARC-Target-URI", url]],
    contentType: "application/http; msgtype=response",
    head: messageHead(response, payload),
  }));
  const posted = new TextEncoder().encode(requestBody);
  const second = toMember(serialize({
    ...{ type: "request", id: requestId, date },
    headers: [["WARC-Target-URI", url], ["WARC-Concurrent-To", `<urn:uuid:${id}>`]],
    contentType: "application/http; msgtype=request",
    head: posted.length === 0
      ? httpHead(request.line, request.headers)
      : messageHead(request, posted),
    payload: posted,
  }));
  return { bytes: concat([first, second]), length: first.length };
}

function messageHead(
  { line, headers }: Exchange["response"],
  { length }: Uint8Array,
): Uint8Array {
  return httpHead(line, [...headers, ["content-length", String(length)]]);
}

function pressNote({ kind, id, date, contentType, text, about }: Note): Pressed {
  const bytes = toMember(serialize({
    ...{ type: kind, id, date, contentType },
    headers: about === "" ? [] : [[ABOUT_HEADER, about]],
    head: new Uint8Array(),
    payload: new TextEncoder().encode(text),
  }));
  return { bytes, length: bytes.length };
}
