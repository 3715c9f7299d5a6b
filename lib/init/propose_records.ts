// Owns the guess where in an answer the records are, and what beside them tells of totals and pages.
// Pure; a guess is for a person to look at, with `probe`.
import { type PlacedShape, placesOf, type Shape } from "./shape.ts";

/** What is guessed of an answer. */
export interface RecordsProposal {
  /** What to write as "records": a path, or a map. */
  readonly records: string | {
    readonly path?: string;
    readonly as?: "entries" | "single" | "columns";
    readonly optional?: true;
  };
  /** Path of the list or object that holds the records. */
  readonly path: string;
  /** A word for the records, or empty. */
  readonly word: string;
  /** Shape of one record. */
  readonly record: Shape;
  /** What the names of records are that are members of an object. */
  readonly keys?: "date" | "text" | undefined;
  /** Path of the number of records in all. */
  readonly total: string | undefined;
  /** Path of the number of pages. */
  readonly pages: string | undefined;
  /** Path of the next cursor. */
  readonly cursor: string | undefined;
  /** Path of a flag that is false on the last page. */
  readonly more: string | undefined;
  /** Path of the address of the next page. */
  readonly link: string | undefined;
}

/** Names of lists of records, the surest first. */
const LIST_NAMES =
  /^(data|items|results?|records?|rows|entries|content|values?|list|elements|objects|hits|features|docs|documents|events)$/i;
const TOTAL =
  /^(total|total_?(count|records|results|items|elements|hits|rows|size)|(result|record|item)s?_?(count|total)|num_?found|hit_?count|matched)$/i;
const PAGES = /^(total_?pages?|page_?count|num_?pages|pages|last_?page|number_?of_?pages)$/i;
const CURSOR =
  /^(next_?(cursor|token|page_?token|marker|key|offset|id)|cursor|end_?cursor|continuation(_?token)?|page_?token|scroll_?id)$/i;
const MORE = /^(has_?(more|next(_?page)?)|more|is_?truncated)$/i;
const LINK = /^(next(_?(url|uri|link|href|page_?url|page))?|(@odata\.)?nextlink)$/i;

/** Guesses of the answer of an operation at a path such as `/v1/readings`. */
export function proposeRecords(answer: Shape, path: string): RecordsProposal {
  const word = lastWord(path);
  const places = placesOf(answer);
  const found = best(places, word);
  const beside = places.filter(({ shape }) => shape.kind === "scalar");
  const link = find(beside, LINK, (type) => type === "text") ?? hrefOf(places);
  return {
    ...recordsOf(found, answer, word),
    total: find(beside, TOTAL, isNumber) ??
      (link === undefined ? undefined : find(beside, /^count$/i, isNumber)),
    pages: find(beside, PAGES, isNumber),
    cursor: find(beside, CURSOR, () => true),
    more: find(beside, MORE, (type) => type === "boolean"),
    link,
  };
}

function recordsOf(found: PlacedShape | undefined, answer: Shape, pathWord: string) {
  if (answer.kind === "any") return { records: "", path: "", word: pathWord, record: answer };
  if (found === undefined) {
    return { records: { as: "single" as const }, path: "", word: pathWord, record: answer };
  }
  const { path, name, shape } = found;
  const word = name === "" || LIST_NAMES.test(name) ? pathWord : name;
  const at = path === "" ? {} : { path };
  if (shape.kind === "object") {
    return {
      records: { ...at, as: "columns" as const },
      path,
      word,
      record: recordOfColumns(shape),
    };
  }
  const record = shape.kind === "list" || shape.kind === "map" ? shape.of : shape;
  if (shape.kind !== "map") {
    // HAL leaves `_embedded` out where there is nothing.
    const records = path.startsWith("_embedded.") ? { path, optional: true as const } : path;
    return { records, path, word, record };
  }
  const keys = shape.keys ?? "text" as const;
  return { records: { ...at, as: "entries" as const }, path, word, record, keys };
}

/** What one row of an object of lists holds. */
function recordOfColumns({ members }: Shape & { kind: "object" }): Shape {
  const row = [...members].map(([name, member]): [string, Shape] => [
    name,
    member.kind === "list" ? member.of : member,
  ]);
  return { kind: "object", members: new Map(row) };
}

/** The list of objects with the best name, or the outermost; else an object keyed by data, or one of lists. */
function best(places: readonly PlacedShape[], word: string): PlacedShape | undefined {
  const lists = places.filter(({ shape }) => shape.kind === "list" && shape.of.kind === "object");
  return lists.find(({ path }) => path === "") ??
    lists.find(({ name }) => name.toLowerCase() === word.toLowerCase()) ??
    lists.find(({ name }) => LIST_NAMES.test(name)) ??
    lists[0] ??
    places.find(({ shape }) => shape.kind === "map" && shape.of.kind === "object") ??
    places.find(({ shape }) => areColumns(shape));
}

/** Whether it is an object of at least two lists of scalars, the first of them of times. */
function areColumns(shape: Shape): boolean {
  if (shape.kind !== "object") return false;
  const members = [...shape.members];
  const [first] = members;
  return members.length > 1 && /time|date|day|hour|period/i.test(first?.[0] ?? "") &&
    members.every(([, member]) => member.kind === "list" && member.of.kind === "scalar");
}

function find(
  places: readonly PlacedShape[],
  name: RegExp,
  fits: (type: string) => boolean,
): string | undefined {
  return places.find((place) =>
    name.test(place.name) && place.shape.kind === "scalar" && fits(place.shape.type)
  )?.path;
}

/** `_links.next.href`, as in HAL. */
function hrefOf(places: readonly PlacedShape[]): string | undefined {
  return places.find(({ path }) => /(^|\.)next\.href$/.test(path))?.path;
}

function isNumber(type: string): boolean {
  return ["integer", "bigint", "numeric"].includes(type);
}

/** The last part of a path that is a word: `results` of `/v1/results/{id}.json`. */
export function lastWord(path: string): string {
  const words = path.replace(/\.\w+$/, "").split("/")
    .filter((part) => /^[A-Za-z][\w-]*$/.test(part) && !/^(v\d+|api)$/i.test(part));
  return words.at(-1) ?? "";
}
