// Merges rows with the same key within one batch, in memory: a statement can update a row only
// once. The result is the same as if the database had merged the rows one by one. Where only the database
// knows the order, or a value would get a version that is not its own, the row goes into another round,
// which another statement merges. A property test compares the result with PostgreSQL.
import type { Row, RowShape } from "../../extract/row_shape.ts";
import { comparable, compareValues } from "./comparable.ts";

/** Collects rows of one shape into rounds with one row per key, which are written one after the other. */
export class MergedRows {
  /** The rounds so far. */
  readonly rounds: Row[][] = [];
  readonly #shape: RowShape;
  /** The keys of the first round while each is greater than the one before: they are distinct and sorted. */
  #ascending: Key[] | undefined = [];
  /** The index of a key's row in the first round, once keys do not ascend; later rounds are rare and kept separately. */
  #first = new Map<Key, number>();
  readonly #later = new Map<Key, { round: number; index: number }>();

  /** Starts without rows. */
  constructor(shape: RowShape) {
    this.#shape = shape;
  }

  /** Adds a row; the shape's merge policies decide between it and earlier rows. The row itself is not changed. */
  add(row: Row): void {
    const key = keyOf(this.#shape, row);
    if (this.#ascends(key)) return void this.#append(0, row);
    const index = this.#first.get(key);
    if (index === undefined) {
      this.#first.set(key, this.#append(0, row));
      return;
    }
    const { round, index: last } = this.#later.get(key) ?? { round: 0, index };
    const merged = mergeRows(this.#shape, this.rounds[round]![last]!, row);
    if (merged !== undefined) this.rounds[round]![last] = merged;
    else this.#later.set(key, { round: round + 1, index: this.#append(round + 1, row) });
  }

  /**
   * The rounds, the first one in the order of its keys, which is the same for every writer; `arrival` has
   * the place of each row in the order in which they were added.
   */
  inKeyOrder(): { rows: Row[]; arrival: number[] }[] {
    return this.rounds.map((rows, round) => {
      if (round > 0 || this.#ascending !== undefined) return { rows, arrival: [...rows.keys()] };
      const arrival = sortedKeys(this.#first).map((key) => this.#first.get(key)!);
      return { rows: arrival.map((index) => rows[index]!), arrival };
    });
  }

  /** Whether all keys ascend up to this one, so that no lookup is needed: files and pages are often sorted. */
  #ascends(key: Key): boolean {
    const keys = this.#ascending;
    if (keys === undefined) return false;
    if (keys.length === 0 || isBefore(keys.at(-1)!, key)) return keys.push(key) > 0;
    this.#first = new Map(keys.map((known, index) => [known, index]));
    this.#ascending = undefined;
    return false;
  }

  #append(round: number, row: Row): number {
    const rows = this.rounds[round] ??= [];
    return rows.push(row) - 1;
  }
}

/** The result of merging a newer row into an older one; undefined if they must not be merged in memory. */
function mergeRows(shape: RowShape, older: Row, newer: Row): Row | undefined {
  const order = compareVersions(shape, newer, older);
  const merged: Row = [];
  for (let at = 0; at < shape.columns.length; at++) {
    const value = mergeValue(shape, at, older[at] ?? null, newer[at] ?? null, order);
    if (value === undefined) return undefined;
    merged.push(value);
  }
  return merged;
}

function mergeValue(
  shape: RowShape,
  at: number,
  older: string | null,
  newer: string | null,
  order: number | undefined,
): string | null | undefined {
  if (shape.key.includes(at)) return newer;
  if (shape.version.includes(at)) {
    return order === undefined ? undefined : order >= 0 ? newer : older;
  }
  switch (shape.merges[at]!) {
    case "replace":
      return newer;
    case "fill":
      return newer ?? older;
    case "keep":
      return older ?? newer;
    case "greatest":
      return extreme(shape, at, older, newer, 1);
    case "least":
      return extreme(shape, at, older, newer, -1);
    case "latest":
      return latest(older, newer, order);
  }
}

/** A null never wins. Of equal values the newer one stays, as it does in PostgreSQL. */
function extreme(
  shape: RowShape,
  at: number,
  older: string | null,
  newer: string | null,
  sign: 1 | -1,
): string | null | undefined {
  if (older === null || newer === null) return newer ?? older;
  const order = compareValues(shape.types[at]!, newer, older);
  return order === undefined ? undefined : order * sign >= 0 ? newer : older;
}

/**
 * The value of the row with the greater version. If it is null and the other is not, the merged row would
 * give an old value a new version, and the old value would replace a newer one in the table.
 */
function latest(
  older: string | null,
  newer: string | null,
  order: number | undefined,
): string | null | undefined {
  if (older === null && newer === null) return null;
  if (order === undefined) return undefined;
  if (order === 0) return newer ?? older;
  return (order > 0 ? newer : older) ?? undefined;
}

function compareVersions(shape: RowShape, a: Row, b: Row): number | undefined {
  for (const at of shape.version) {
    const order = compareValues(shape.types[at]!, a[at] ?? null, b[at] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

/** A string that two rows share if and only if PostgreSQL considers their keys equal, as far as that is known. */
type Key = string | number;

function keyOf(shape: RowShape, row: Row): Key {
  if (shape.key.length === 1) return partOf(shape, row, shape.key[0]!);
  let key = "";
  for (const at of shape.key) {
    const part = partOf(shape, row, at);
    // Padded, integers have the order of strings.
    key += `${typeof part === "number" ? String(part).padStart(INTEGER_DIGITS) : part}\0`;
  }
  return key;
}

/** Digits of the largest integer that a JavaScript number always distinguishes. */
const INTEGER_DIGITS = 16;

function partOf(shape: RowShape, row: Row, at: number): Key {
  const value = row[at] ?? "";
  const part = comparable(shape.types[at]!, value) ?? value;
  return typeof part === "bigint" ? String(part) : part;
}

/** Keys in order; without a comparator, which would be called a dozen times for each key, where they are strings. */
function sortedKeys(from: ReadonlyMap<Key, number>): Key[] {
  const keys = [...from.keys()];
  return keys.every((key) => typeof key === "string")
    ? keys.sort()
    : keys.sort((a, b) => isBefore(a, b) ? -1 : 1);
}

/** A total order of keys, the same for every writer. */
function isBefore(a: Key, b: Key): boolean {
  return typeof a === typeof b ? a < b : typeof a === "number";
}
