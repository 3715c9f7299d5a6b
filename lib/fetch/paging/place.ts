// Owns the place at which another process may continue the pages of a reading: what was read before, and the first
// request to send. It is written to the database as JSON. Invariant: a page that is found by its number is requested
// once more, and the reading begins again unless it has the records that it had before.
import { createHash } from "node:crypto";
import type { Stream } from "../../config/schema/job_schema.ts";
import { parseExactly } from "../../extract/decode/exact_json.ts";
import type { PageStep } from "../http/page_step.ts";

/** A place between the pages of a reading. */
export interface Place {
  /** Pages before the one that is requested first. */
  readonly pages: number;
  /** Records on them. */
  readonly records: number;
  /** The first request. */
  readonly step: PageStep;
  /** Fingerprint that its page must have; absent where its page was not read before. */
  readonly print?: string;
}

/** Longest place that is kept, in characters. */
const MOST_CHARS = 16_384;

/** A place as a string; undefined if it is too long to be kept. */
export function writePlace(stream: Stream, place: Place): string | undefined {
  const text = JSON.stringify({ ...place, job: digestOf(stream) });
  return text.length > MOST_CHARS ? undefined : text;
}

/** The place in a string; undefined if the stream has other requests now, whose pages may be cut otherwise. */
export function readPlace(stream: Stream, text: string | undefined): Place | undefined {
  if (text === undefined) return undefined;
  const { job, ...place } = parseExactly(text) as Place & { readonly job: string };
  return job === digestOf(stream) ? place : undefined;
}

/** A digest of what decides which records a page has. */
function digestOf({ request, paging, since, records }: Stream): string {
  const text = JSON.stringify([request, paging, since, records]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
