// Owns the records of WARC 1.1 (ISO 28500) that an archive consists of: warcinfo, response, request, metadata.
// Pure. Invariant: a header holds no line break, and Content-Length and digests are those of the block.
import { sha1Of } from "./bytes.ts";

/** A header of a record or of an HTTP message. */
export type Header = readonly [name: string, value: string];

/** A record before it is serialized. */
export interface WarcRecord {
  /** Its type. */
  readonly type: "warcinfo" | "response" | "request" | "metadata" | "continuation";
  /** A UUID. */
  readonly id: string;
  /** Instant in ISO 8601. */
  readonly date: string;
  /** Headers in addition to those of every record. */
  readonly headers: readonly Header[];
  /** Media type of the block; a continuation has that of the record which it continues. */
  readonly contentType?: string;
  /** The block up to the payload: the head of an HTTP message, or nothing. */
  readonly head: Uint8Array;
  /** The payload. */
  readonly payload: Uint8Array;
}

/** What is read of a record. */
export interface ParsedRecord {
  /** Headers by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes before the block. */
  readonly blockAt: number;
}

/** The header that says what a response or a finished window belongs to, as JSON. */
export const ABOUT_HEADER = "hindcast-about";

/** The header with the number of a part of a divided record. */
export const SEGMENT_HEADER = "WARC-Segment-Number";
/** The header of the last part with the bytes in the blocks of all parts. */
export const TOTAL_HEADER = "WARC-Segment-Total-Length";

const VERSION = "WARC/1.1";
const encoder = new TextEncoder();
const END = encoder.encode("\r\n\r\n");

/** The bytes of a record, in parts. */
export function serialize(record: WarcRecord): Uint8Array[] {
  const { type, id, date, headers, contentType, head, payload } = record;
  const isHttp = type === "response" || type === "request";
  // The digest of a payload is that of the whole payload, which the first part does not know.
  const isWhole = headers.every(([name]) => name !== SEGMENT_HEADER);
  const lines: Header[] = [
    ["WARC-Type", type],
    ["WARC-Record-ID", `<urn:uuid:${id}>`],
    ["WARC-Date", date],
    ...headers,
    ["WARC-Block-Digest", sha1Of([head, payload])],
    ...isHttp && isWhole ? [["WARC-Payload-Digest", sha1Of([payload])] as const] : [],
    ...contentType === undefined ? [] : [["Content-Type", contentType] as const],
    ["Content-Length", String(head.length + payload.length)],
  ];
  return [encoder.encode(`${VERSION}\r\n${headerText(lines)}\r\n`), head, payload, END];
}

/** The head of an HTTP message. */
export function httpHead(start: string, headers: readonly Header[]): Uint8Array {
  return encoder.encode(`${oneLine(start)}\r\n${headerText(headers)}\r\n`);
}

/** Parses the beginning of a record; undefined if it is not a record or its headers are incomplete. */
export function parseRecord(bytes: Uint8Array): ParsedRecord | undefined {
  const end = endOfHead(bytes);
  if (end === undefined) return undefined;
  const [version, ...lines] = new TextDecoder().decode(bytes.subarray(0, end - 4)).split("\r\n");
  if (!/^WARC\/1\.[01]$/.test(version ?? "")) return undefined;
  return { headers: parseHeaders(lines), blockAt: end };
}

/** Parses an HTTP response: its status, headers and body. */
export function parseHttpResponse(
  block: Uint8Array<ArrayBuffer>,
): { status: number; headers: Headers; body: Uint8Array<ArrayBuffer> } | undefined {
  const end = endOfHead(block);
  if (end === undefined) return undefined;
  const [first, ...lines] = new TextDecoder().decode(block.subarray(0, end - 4)).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first ?? "")?.[1]);
  if (!(status >= 100)) return undefined;
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) headers.append(name, value!);
  }
  return { status, headers, body: block.subarray(end) };
}

/** Bytes up to the empty line and with it. */
function endOfHead(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
  }
  return undefined;
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  return new Map(lines.flatMap((line) => {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), value!] as const];
  }));
}

function headerText(headers: readonly Header[]): string {
  return headers.map(([name, value]) => `${name}: ${oneLine(value)}\r\n`).join("");
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, " ");
}
