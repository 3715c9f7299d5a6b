// Owns the guess which columns identify a row. A wrong guess is not harmless: rows that share a key become
// one. So a field that is likely of something else is taken together with the time of the record, and with a
// sample at hand a guess must hold for every record in it. Pure.
import { singular, snakeCase } from "./column_name.ts";
import type { ColumnDraft } from "./record_walk.ts";

/** What a record tells of its key beside its columns. */
export interface KeyHints {
  /** The word for the records, in the plural. */
  readonly word: string;
  /** Whether records hold lists of objects: what has parts is a thing of its own, and no measurement. */
  readonly hasLists: boolean;
  /** Whether these are elements of a list in a record, of which several may have the same code. */
  readonly isInner: boolean;
  /** Columns that say for what the request was repeated. */
  readonly each: readonly string[];
  /** Whether records of a sample differ in these columns, and have them all; true without a sample. */
  readonly isUnique: (columns: readonly ColumnDraft[]) => boolean;
}

const OWN_ID = /_(id|uuid|guid)$/;
const CODES = ["key", "code", "slug", "symbol", "ticker", "sha", "number", "name"];
const TIME =
  /^(date|day|time|timestamp|datetime|date_time|hour|month|year|period|at|ts)$|^(taken|measured|observed|recorded|sampled|trade|event|business|value|valid|start|started|opened?|period)_(at|on|date|time|day|start|ts)$/;

/** The columns of the key; none where nothing looks like one. */
export function proposeKey(columns: readonly ColumnDraft[], hints: KeyHints): string[] {
  const known = columns.filter(({ type }) => !type.endsWith("[]") && type !== "jsonb");
  const named = (names: readonly string[]) =>
    names.map((name) => known.find((column) => column.name === name)!);
  const found = candidates(known, hints).find((names) => hints.isUnique(named(names)));
  return found ?? [];
}

/** Keys that are likely, the likeliest first. */
function candidates(columns: readonly ColumnDraft[], hints: KeyHints): string[][] {
  const names = columns.map(({ name }) => name);
  const own = ownNames(hints.word).filter((name) => names.includes(name)).map((name) => [name]);
  const ids = columns.filter(({ name, value }) => OWN_ID.test(name) && isTop(value))
    .map(({ name }) => name).slice(0, 3);
  const codes = hints.isInner ? [] : CODES.filter((name) => names.includes(name)).slice(0, 1);
  const time = names.filter((name) => TIME.test(name)).slice(0, 1);
  const plain = time.length > 0 && ids.length > 0
    ? [[...ids, ...time]]
    : [[...codes, ...codes.length > 0 || ids.length === 0 ? time : []], ids];
  const others = hints.hasLists || hints.isInner ? [...ids.map((id) => [id]), codes] : plain;
  // Of a name alone, or of a time alone, there may be many.
  const sure = others.filter((key) =>
    key.length > 0 && String(key) !== "name" &&
    (String(key) !== String(time) || isSeries(columns, time))
  );
  return [
    ...own,
    ...sure.map((key) => [...hints.each.filter((one) => !key.includes(one)), ...key]),
  ];
}

/** What identifies the things that a word names. */
function ownNames(word: string): string[] {
  const one = singular(snakeCase(word));
  const suffixes = ["id", "uuid", "guid", "key", "code", "number", "no", "ref"];
  return ["id", "uuid", "guid", ...suffixes.map((suffix) => `${one}_${suffix}`)];
}

/** Whether everything but the time is measured. */
function isSeries(columns: readonly ColumnDraft[], [time]: readonly string[]): boolean {
  return columns.every(({ name, type }) =>
    name === time || ["integer", "bigint", "numeric", "boolean"].includes(type)
  );
}

/** Whether a value is a field of the record itself, and not of something in it. */
function isTop(value: ColumnDraft["value"]): boolean {
  const path = typeof value === "object" && "path" in value ? value.path : value;
  return typeof path === "string" && !/[.[]/.test(path);
}
