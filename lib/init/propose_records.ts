// Guesses where the records of a response are. Pure; the user checks the guess with `probe`.
import { singular, snakeCase } from "./column_name.ts";
import { type ResponseSigns, responseSigns } from "./response_sign.ts";
import { type PlacedShape, placesOf, type Shape } from "./shape.ts";

/** What is guessed of a response. */
export interface RecordsProposal extends ResponseSigns {
  /** What to write as "records": a path, or a mapping. */
  readonly records: string | {
    readonly path?: string;
    readonly as?: "entries" | "single" | "columns" | "arrays";
    readonly names?: readonly string[];
    readonly names_path?: string;
    readonly optional?: true;
  };
  /** Path of the array or object that contains the records. */
  readonly path: string;
  /** A word for the records, or empty. */
  readonly word: string;
  /** Shape of one record. */
  readonly record: Shape;
  /** Type of the names of records that are members of an object. */
  readonly keys?: "date" | "text" | undefined;
}

/** Names of arrays of records. */
const LIST_NAMES =
  /^(data|items|results?|records?|rows|entries|content|values?|list|elements|objects|hits|features|docs|documents|events|nodes|edges|entry|item|record|row|obs|series|time_?series|member|graph|collection)$/i;
/** Names of arrays next to the records. */
const ASIDE =
  /^(errors?|warnings?|links?|included|facets|aggregations|fields|columns|meta|filters|sort)$/i;

/** Guesses the records of the response at a path such as `/v1/readings`. */
export function proposeRecords(response: Shape, path: string): RecordsProposal {
  const word = lastWord(path);
  const found = best(placesOf(response, 5), word);
  return { ...recordsOf(found, response, word), ...responseSigns(response) };
}

function recordsOf(found: PlacedShape | undefined, response: Shape, pathWord: string) {
  if (response.kind === "any") return { records: "", path: "", word: pathWord, record: response };
  if (found === undefined) {
    return { records: { as: "single" as const }, path: "", word: pathWord, record: response };
  }
  const { path, name, shape } = found;
  const above = /^(nodes|edges)$/.test(name) ? path.split(".").at(-2) : undefined;
  const word = above ?? (name === "" || LIST_NAMES.test(name) ? pathWord : name);
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
    // HAL omits `_embedded` where there is nothing.
    const records = path.startsWith("_embedded.") ? { path, optional: true as const } : path;
    return { records, path, word, record };
  }
  const keys = shape.keys ?? "text" as const;
  return { records: { ...at, as: "entries" as const }, path, word, record, keys };
}

/** One row of an object of arrays. */
function recordOfColumns({ members }: Shape & { kind: "object" }): Shape {
  const row = [...members].map(([name, member]): [string, Shape] => [
    name,
    member.kind === "list" ? member.of : member,
  ]);
  return { kind: "object", members: new Map(row) };
}

/** The array of objects with the best name, or the outermost; else an object keyed by data, or an object of arrays. */
function best(places: readonly PlacedShape[], word: string): PlacedShape | undefined {
  const lists = places.filter(({ shape }) => shape.kind === "list" && shape.of.kind === "object");
  const plain = (name: string) => singular(snakeCase(name));
  return lists.find(({ path }) => path === "") ??
    lists.find(({ name }) => plain(name) === plain(word)) ??
    lists.find(({ name }) => name === "nodes") ??
    lists.find(({ name }) => LIST_NAMES.test(name)) ??
    lists.find(({ name }) => !ASIDE.test(name)) ??
    places.find(({ shape }) => shape.kind === "map" && shape.of.kind === "object") ??
    places.find(({ shape }) => areColumns(shape)) ??
    places.find(({ name, shape }) =>
      shape.kind === "list" && shape.of.kind === "any" &&
      (plain(name) === plain(word) || LIST_NAMES.test(name))
    );
}

/** Whether it is an object of at least two arrays of scalars, the first of them of times. */
function areColumns(shape: Shape): boolean {
  if (shape.kind !== "object") return false;
  const members = [...shape.members];
  const [first] = members;
  return members.length > 1 && /time|date|day|hour|period/i.test(first?.[0] ?? "") &&
    members.every(([, member]) => member.kind === "list" && member.of.kind === "scalar");
}

/** The last part of a path that is a word and no verb: `results` of `/v1/results/{id}.json` and `/v1/results/get`. */
export function lastWord(path: string): string {
  const words = path.replace(/\.\w+$/, "").split("/")
    .filter((part) => /^[A-Za-z][\w-]*$/.test(part) && !/^(v\d+|api)$/i.test(part));
  return words.findLast((word) => !VERBS.test(word)) ?? words.at(-1) ?? "";
}

const VERBS = /^(get|list|search|query|find|fetch|all|export|download|_search)$/i;
