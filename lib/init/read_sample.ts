// Owns a saved response: its format, its records, and whether columns identify them. Pure. Invariant: a key is proposed
// only where every record of the sample, or every element of its inner arrays, has a different one.
import type { RecordsSpec, Stream } from "../config/schema/job_schema.ts";
import { decodeBody, KeyedRecord, readRecords } from "../extract/decode/read_records.ts";
import { stableText } from "../report/text/shown_value.ts";
import { isObject, parsePath, type Step, walk } from "../extract/value/path.ts";
import { Failure } from "../failure.ts";
import { guessFormat } from "../probe/guess_format.ts";
import type { KeyHints } from "./propose_key.ts";
import type { RecordsProposal } from "./propose_records.ts";
import { readXmlSample } from "./sample/xml_sample.ts";

/** A saved response. */
export interface Sample {
  /** The decoded value. */
  readonly body: unknown;
  /** How it is written, as keys of a stream; empty for JSON. */
  readonly form: Partial<
    Pick<Stream, "format" | "delimiter" | "comment" | "skip" | "namespaces">
  >;
}

/**
 * Reads a saved response: JSON, NDJSON, XML or CSV with a header line.
 *
 * @throws {Failure} of kind `configuration` where the text is anything else.
 */
export function readSample(text: string, file: string): Sample {
  const clean = text.replace(/^\uFEFF/, "");
  // The line in which Excel declares the delimiter.
  const isMarked = /^sep=.\r?\n/i.test(clean);
  const guess = guessFormat(isMarked ? clean.slice(clean.indexOf("\n") + 1) : clean);
  const [, format] = /^format: (\w+)/.exec(guess ?? "") ?? [];
  const delimiter = /delimiter: ("[^"]+")/.exec(guess ?? "")?.[1];
  const form = {
    ...format === "csv" || format === "ndjson" ? { format } : {},
    ...delimiter === undefined ? {} : { delimiter: JSON.parse(delimiter) as string },
    ...guess?.includes("comment") ? { comment: "#" } : {},
    ...isMarked ? { skip: 1 } : {},
  } as Sample["form"];
  try {
    if (format === "xml") {
      const { body, namespaces } = readXmlSample(clean);
      return { body, form: { format, ...namespaces === undefined ? {} : { namespaces } } };
    }
    const csv = { header: true, comment: form.comment, skip: form.skip };
    const body = drained(decodeBody(clean, { format: "json", ...form, csv }));
    return { body: format === "csv" ? typed(body as Record<string, unknown>[]) : body, form };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const message = `Cannot read the sample "${file}": it is not JSON, NDJSON, XML or CSV`;
    throw new Failure("configuration", message, {
      hint: "Save a response of the API, for example with curl URL > sample.json",
    });
  }
}

function drained<T>(steps: Generator<void, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

const CELL_NUMBER = /^[+-]?(0|[1-9]\d{0,14})(\.\d+)?$/;

/** The records of CSV with the numbers of columns that contain nothing else. */
function typed(records: Record<string, unknown>[]): unknown[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const numeric = new Set(names.filter((name) => {
    const cells = records.map((record) => String(record[name] ?? "").trim()).filter((cell) =>
      cell !== ""
    );
    return cells.length > 0 && cells.every((cell) => CELL_NUMBER.test(cell));
  }));
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, cell]) => {
        const text = String(cell ?? "").trim();
        return [name, text === "" ? null : numeric.has(name) ? Number(text) : cell];
      }),
    )
  );
}

/** The records of a sample that a proposal finds. */
export function recordsIn(body: unknown, records: RecordsProposal["records"]): unknown[] {
  const spec = typeof records === "string" ? { path: records } : records;
  const whole = { path: "", as: "list", optional: true, ...spec } as RecordsSpec;
  try {
    return readRecords(whole, body).map((record) =>
      record instanceof KeyedRecord ? record.record : record
    );
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

/** A test whether each record has these columns, and no two records have the same; true without records. */
export function areUnique(records: readonly unknown[]): KeyHints["isUnique"] {
  return (columns, each) => {
    const paths = columns.flatMap(({ value }) =>
      typeof value === "string"
        ? [parsePath(value)]
        : "path" in value
        ? [parsePath(value.path)]
        : []
    ).filter(({ root }) => root === "element");
    return groupsOf(records, each).every((group) =>
      areDistinct(group, paths.map(({ steps }) => steps))
    );
  };
}

function areDistinct(elements: readonly unknown[], paths: readonly (readonly Step[])[]): boolean {
  const keys = elements.map((element) => paths.map((steps) => walk(element, steps)));
  const isWhole = keys.every((key) => key.every((value) => value !== null && value !== undefined));
  return isWhole && new Set(keys.map(stableText)).size === keys.length;
}

/** The arrays in which a key has to be unique: the records, or for `a[].b[]` each array `b`. */
function groupsOf(records: readonly unknown[], each: string | undefined): unknown[][] {
  if (each === undefined) return [[...records]];
  return each.split(/\[\]\.?/).filter((path) => path !== "").reduce<unknown[][]>(
    (groups, path) => {
      const { steps } = parsePath(path);
      return groups.flat().map((element) => {
        const found = isObject(element) ? walk(element, steps) : undefined;
        return Array.isArray(found) ? found : [];
      });
    },
    [[...records]],
  );
}
