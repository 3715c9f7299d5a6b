// Owns the header "Hindcast-About" of the records of an archive: the reading of a window that a response
// belongs to, and the key by which a request finds it again. Pure. It is JSON of ASCII, since
// headers are read as bytes by some tools.
import type { Header } from "./warc/warc.ts";
import { createHash } from "node:crypto";
import type { WireRequest } from "../fetch/http/request.ts";
import type { Unit } from "../plan/unit.ts";
import { formatCivil } from "../plan/time/civil.ts";

/** A reading of a window: the requests that were sent for it from its first page on. */
export interface ReadingAbout {
  /** Name of the job. */
  readonly job: string;
  /** Name of the stream. */
  readonly stream: string;
  /** Canonical string of the parameters. */
  readonly scope: string;
  /** Canonical string of the `for_each` values. */
  readonly each: string;
  /** First day (or minute); null for a stream without windows. */
  readonly from: string | null;
  /** The day (or minute) after the last one. */
  readonly to: string | null;
  /** Epoch milliseconds before its first request. */
  readonly at: number;
}

/** The description of a response. */
export interface PageAbout extends ReadingAbout {
  /** The key of its request. */
  readonly key: string;
  /** URL that responded, if the request was redirected. */
  readonly url?: string;
}

/** The description of the end of a window: every page of the reading is in the archive. */
export interface WindowAbout extends ReadingAbout {
  /** Pages of the window. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
}

/** The reading of a unit that began at an instant, epoch milliseconds. */
export function readingOf(job: string, unit: Unit, at: number): ReadingAbout {
  const { stream, scope, each, window } = unit;
  return {
    ...{ job, stream, scope, each, at },
    from: window === null ? null : formatCivil(window.from),
    to: window === null ? null : formatCivil(window.to),
  };
}

/** The key of a request: the same for the same method, URL and body; secrets must be masked in it. */
export function requestKey({ method, url, body = "" }: Omit<WireRequest, "headers">): string {
  return createHash("sha1").update(`${method} ${url}\n${body}`).digest("base64url");
}

/** Parameters by which a signed URL gives access for a while. */
const SIGNATURE =
  /([?&](?:x-(?:amz|goog)-(?:signature|credential|security-token)|signature|sig|awsaccesskeyid|key-pair-id)=)[^&#]*/gi;

/** A URL without the signature that gives access to it. */
export function withoutSignature(url: string): string {
  return url.replace(SIGNATURE, "$1***");
}

/** The value of the header. */
export function aboutText(about: PageAbout | WindowAbout): string {
  return JSON.stringify(about).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Reads the value of the header; undefined if Hindcast did not write it. */
export function parseAbout(text: string | undefined): Partial<PageAbout & WindowAbout> | undefined {
  if (text === undefined) return undefined;
  try {
    const about: unknown = JSON.parse(text);
    return typeof about === "object" && about !== null ? about : undefined;
  } catch {
    return undefined;
  }
}

/** Headers of requests that are never written with their values. */
const SECRET_REQUEST_HEADER = /auth|cookie|key|token|secret|passw|credential/i;
/** Headers of responses that are never written with their values. */
const SECRET_RESPONSE_HEADER =
  /^(set-cookie2?|authorization|(proxy-)?authenticat(e|ion-info)|www-authenticate|x-(auth|csrf|xsrf|access)-token)$/i;
/** Headers that describe the transfer; they are omitted, because the body is stored after decompression. */
const OF_TRANSFER = /^(content-encoding|transfer-encoding|content-length|connection|keep-alive)$/i;

/** The headers of a request as they are written. */
export function requestHeaders(
  { url, headers }: WireRequest,
  mask: (text: string) => string,
): Header[] {
  const written = Object.entries(headers).map(([name, value]): Header => [
    name,
    SECRET_REQUEST_HEADER.test(name) ? "***" : mask(value),
  ]);
  return [["host", new URL(url).host], ...written];
}

/** The headers of a response as they are written; the compressor adds the length of the body. */
export function responseHeaders(headers: Headers, mask: (text: string) => string): Header[] {
  return [...headers].filter(([name]) => !OF_TRANSFER.test(name)).map(([name, value]) => [
    name,
    SECRET_RESPONSE_HEADER.test(name) ? "***" : mask(value),
  ]);
}
