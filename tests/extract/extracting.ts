// Creates small jobs and pages for the tests of extraction, and shows rows by the names of their columns.
import { atOnce } from "../../lib/yield_to_event_loop.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { jobSchema } from "../../lib/config/schema/job_schema.ts";
import {
  compileExtractor,
  type ExtractedPage,
  type Extraction,
} from "../../lib/extract/extractor.ts";
import { decodeBody, readRecords } from "../../lib/extract/decode/read_records.ts";

/** Keys of a job file. */
type Keys = Record<string, unknown>;

/** A job with one stream "s", from the keys that a test needs. */
export function jobOf({ tables, stream, ...job }: { tables: Keys; stream: Keys } & Keys): Job {
  const parsed = jobSchema.parse({
    job: "test",
    source: "http://127.0.0.1",
    nulls: ["", "-"],
    ...job,
    tables,
    streams: { s: { request: "/", ...stream } },
  });
  return { ...parsed, file: "test.yaml", variables: [] } as unknown as Job;
}

/** The parts of a page other than its body. */
export interface PageOptions {
  readonly window?: { readonly from: number; readonly to: number };
  readonly each?: Keys;
  readonly params?: Keys;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Extracts a body (as JSON text, or a value) by the stream "s" of a job, or another one. */
export function extractBody(
  job: Job,
  body: unknown,
  options: PageOptions = {},
  stream = "s",
): Extraction {
  const spec = job.streams[stream]!;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const decoded = atOnce(decodeBody(text, { format: spec.format, delimiter: spec.delimiter }));
  const page = { ...pageOf(readRecords(spec.records, decoded), options), body: decoded };
  return compileExtractor(job, stream).extract(page);
}

/** A page that holds nothing but records. */
export function pageOf(records: unknown[], options: PageOptions = {}): ExtractedPage {
  return {
    records,
    body: records,
    header: (name) => options.headers?.[name] ?? null,
    window: options.window ?? null,
    each: options.each ?? {},
    params: options.params ?? {},
  };
}

/** The rows of a table as objects, in order, over all entries that produce them. */
export function rowsOf({ sets }: Extraction, table: string): Record<string, string | null>[] {
  return sets.filter(({ shape }) => shape.table === table).flatMap(({ shape, rows }) =>
    rows.map((row) => Object.fromEntries(shape.columns.map((name, at) => [name, row[at] ?? null])))
  );
}

/** Civil minutes of a window from one date to another, the latter excluded. */
export function windowOf(from: string, to: string): { from: number; to: number } {
  return { from: Date.parse(from) / 60_000, to: Date.parse(to) / 60_000 };
}
