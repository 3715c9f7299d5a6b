// Summarizes a response for a user who has to declare where its records are: which value is at which path, and which
// paths could be "records". Pure. Invariant: the outline is short however large the response is.
import { kindOf } from "../cast/kind_of.ts";
import { isObject, stepTo } from "../value/path.ts";

/** A value in a response. */
export interface OutlineEntry {
  /** Its path; empty for the response itself. */
  readonly path: string;
  /** What it is, such as `an array of 25`, or the value of a scalar. */
  readonly what: string;
}

/** One possible value of "records". */
export interface RecordsGuess {
  /** What to write as "records". */
  readonly records: string;
  /** Number of records that it finds. */
  readonly count: number;
}

const MOST_ENTRIES = 40;
const MOST_MEMBERS = 25;
const DEEPEST = 4;
const LONGEST_VALUE = 60;

/** The values of a response by path, outer values before inner ones. */
export function outline(body: unknown): OutlineEntry[] {
  const entries: OutlineEntry[] = [];
  const queue: [path: string, value: unknown, depth: number][] = [["", body, 0]];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [path, value, depth] = next;
    if (entries.length === MOST_ENTRIES) break;
    entries.push({ path, what: described(value) });
    if (depth < DEEPEST) {
      for (const [name, member] of membersOf(path, value)) queue.push([name, member, depth + 1]);
    }
  }
  return entries;
}

/** The possible values of "records" for a response, those that find most records first. */
export function guessRecords(body: unknown): RecordsGuess[] {
  const guesses: RecordsGuess[] = [];
  const queue: [path: string, value: unknown, depth: number][] = [["", body, 0]];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [path, value, depth] = next;
    const guess = guessOf(body, path, value);
    if (guess !== undefined) guesses.push(guess);
    if (depth === DEEPEST || !isObject(value)) continue;
    for (const [name, member] of membersOf(path, value)) queue.push([name, member, depth + 1]);
  }
  return guesses.sort((a, b) => b.count - a.count).slice(0, 5);
}

function membersOf(path: string, value: unknown): [path: string, value: unknown][] {
  if (Array.isArray(value)) return value.length === 0 ? [] : [[`${path}[0]`, value[0]]];
  if (!isObject(value)) return [];
  return Object.entries(value).slice(0, MOST_MEMBERS)
    .map(([name, member]) => [stepTo(path, name), member]);
}

function described(value: unknown): string {
  if (Array.isArray(value)) {
    const kinds = new Set(value.slice(0, 100).map(kindOf));
    const of = value.length === 0 ? "" : `, the first ${kindOf(value[0])}`;
    return `an array of ${value.length}${kinds.size > 1 ? ", of mixed types" : of}`;
  }
  if (isObject(value)) return `an object of ${Object.keys(value).length}`;
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}

function guessOf(body: unknown, path: string, value: unknown): RecordsGuess | undefined {
  if (Array.isArray(value)) return listGuess(body, path, value);
  if (!isObject(value)) return undefined;
  const members = Object.values(value);
  const at = path === "" ? "" : ` path: ${quoted(path)},`;
  if (members.length > 1 && members.every((member) => isObject(member))) {
    return { records: `{${at} as: entries }`, count: members.length };
  }
  const lists = members.filter((member) => Array.isArray(member));
  const length = lists[0]?.length ?? 0;
  const areColumns = lists.length > 1 && length > 0 &&
    lists.every((list) => list.length === length && !isObject(list[0]));
  return areColumns ? { records: `{${at} as: columns }`, count: length } : undefined;
}

function listGuess(body: unknown, path: string, list: unknown[]): RecordsGuess | undefined {
  if (isObject(list[0])) return { records: path === "" ? '""' : quoted(path), count: list.length };
  if (!Array.isArray(list[0])) return undefined;
  const at = path === "" ? "" : ` path: ${quoted(path)},`;
  const named = namesAt(body, list[0].length);
  const names = named === undefined ? "names: [...]" : `names_path: ${quoted(named)}`;
  return { records: `{${at} as: arrays, ${names} }`, count: list.length };
}

/** Path of an array of that many names next to the records: strings, or objects with a name. */
function namesAt(body: unknown, count: number): string | undefined {
  for (const [path, value] of membersOf("", body)) {
    if (!Array.isArray(value) || value.length !== count) continue;
    if (value.every((item) => typeof item === "string")) return path;
    if (value.every((item) => isObject(item) && typeof item.name === "string")) {
      return `${path}[].name`;
    }
  }
  return undefined;
}

/** Quoted where YAML requires it. */
function quoted(path: string): string {
  return /[[\]{}"]/.test(path) ? `'${path}'` : path;
}
