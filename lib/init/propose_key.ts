// Guesses which columns identify a row. A wrong guess is not harmless: rows that share a key become one. So a
// field that probably belongs to something else is combined with the time of the record, and where there is a sample, a
// guess has to hold for every record in it. Pure.
import { singular, snakeCase } from "./column_name.ts";
import type { ColumnDraft } from "./record_walk.ts";

/** What is known about a record's key next to its columns. */
export interface KeyHints {
  /** The word for the records, in the plural. */
  readonly word: string;
  /** Whether records contain arrays of objects: what has parts is an entity, not a measurement. */
  readonly hasLists: boolean;
  /** Whether these are elements of an array in a record, where several may have the same code. */
  readonly isInner: boolean;
  /** Columns with the values that the request is repeated for. */
  readonly each: readonly string[];
  /**
   * Whether the records of a sample, or the elements of each of their arrays at `each`, differ in these columns and
   * have them all; true without a sample.
   */
  readonly isUnique: (columns: readonly ColumnDraft[], each?: string) => boolean;
  /** Whether there is a sample. */
  readonly isProven: boolean;
}

const ID_WORDS = ["id", "uuid", "guid", "gid", "sid", "uid", "oid", "doi", "ulid", "urn", "ein"];
const OWN_ID = /_(id|uuid|guid|gid|sid|uid|identifier|ref)$|^(object|record|row|event)_?id$/;
const CODES = [
  "identifier",
  "key",
  "code",
  "slug",
  "symbol",
  "ticker",
  "sha",
  "hash",
  "number",
  "name",
];
const TIME =
  /^(date|day|time|timestamp|datetime|date_time|hour|month|year|period|time_period|at|ts)$|^(time_)?(interval|period)_start$|^(taken|measured|observed|recorded|sampled|trade|event|business|value|valid|start|started|opened?|period)_(at|on|date|time|day|start|ts)$/;
const SAYS_UNIQUE = /\bunique(ly)?\b(?!.*\bper\b)|primary key/i;
const SAYS_SHARED =
  /\bnot unique|(several|many|multiple|more than one) .*\b(same|share)|may repeat/i;

/** The columns of the key; none where nothing looks like one. */
export function proposeKey(
  columns: readonly ColumnDraft[],
  hints: KeyHints,
  each?: string,
): string[] {
  const known = columns.filter(({ type, about = "" }) =>
    !type.endsWith("[]") && type !== "jsonb" && !SAYS_SHARED.test(about)
  );
  const named = (names: readonly string[]) =>
    names.map((name) => known.find((column) => column.name === name)!);
  const isSeries = measuresOnly(columns);
  const found = candidates(known, hints, isSeries).find((names) =>
    hints.isUnique(named(names), each)
  );
  return found ?? [];
}

/** Possible keys, the likeliest first. */
function candidates(
  columns: readonly ColumnDraft[],
  hints: KeyHints,
  isSeries: boolean,
): string[][] {
  const names = columns.map(({ name }) => name);
  const own = ownNames(hints.word).filter((name) => names.includes(name)).map((name) => [name]);
  const stated = columns.filter(({ about = "", value }) => SAYS_UNIQUE.test(about) && isTop(value))
    .map(({ name }) => [name]);
  const ids = columns.filter(({ name, value }) => OWN_ID.test(name) && isTop(value))
    .map(({ name }) => name).slice(0, 3);
  const codes = hints.isInner ? [] : CODES.filter((name) => names.includes(name)).slice(0, 1);
  const time = names.filter((name) => TIME.test(name)).slice(0, 1);
  const plain = time.length > 0 && ids.length > 0
    ? [[...ids, ...time]]
    : [[...codes, ...codes.length > 0 || ids.length === 0 ? time : []], ids];
  const [first] = ids;
  const identifier = first?.endsWith("identifier") && !hints.isInner ? [[first]] : [];
  const parts = [...ids.map((id) => [id]), codes];
  // Elements of an array without a time would replace those of other windows.
  const dated = hints.isProven
    ? [...parts, time, names.filter((name) => name === "position")]
    : parts;
  const others = hints.isInner ? dated : hints.hasLists ? parts : plain;
  // There may be many records with one name, or at one time.
  const sure = [...identifier, ...others].filter((key) =>
    key.length > 0 && String(key) !== "name" &&
    (String(key) !== String(time) || isSeries || hints.isInner)
  );
  return [
    ...own,
    ...stated,
    ...sure.map((key) => [...hints.each.filter((one) => !key.includes(one)), ...key]),
  ];
}

/** Names of columns that identify what a word names. */
function ownNames(word: string): string[] {
  const one = singular(snakeCase(word));
  const last = one.split("_").at(-1)!;
  const suffixes = [...ID_WORDS, "identifier", "key", "code", "number", "no", "ref"];
  return [
    ...ID_WORDS,
    ...["unique_key", "unique_id"],
    ...suffixes.flatMap((suffix) => [`${one}_${suffix}`, `${one}${suffix}`, `${last}_${suffix}`]),
  ];
}

/** Whether everything but the time is measured. */
function measuresOnly(columns: readonly ColumnDraft[]): boolean {
  const others = columns.filter(({ name }) => !TIME.test(name));
  return others.every(({ type }) => ["integer", "bigint", "numeric", "boolean"].includes(type));
}

/** Whether a value is a field of the record itself, and not of an object in it. */
function isTop(value: ColumnDraft["value"]): boolean {
  const path = typeof value === "object" && "path" in value ? value.path : value;
  return typeof path === "string" && !/[.[]/.test(path);
}
