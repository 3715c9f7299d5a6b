// Collects the keys of the rows that the pages of a window returned. They are recorded with the rows; the
// next fetch of the window is compared with them, and rows that it does not return have vanished. Invariant:
// it holds the keys of one batch at most; those of earlier batches are in the database.
import type { Row, RowSet, RowShape } from "../extract/row_shape.ts";
import type { Unit } from "../plan/unit.ts";
import type { Window } from "../plan/time/window.ts";
import { keyText, recordedOrder } from "./sql/vanished_sql.ts";

/** What one batch holds of a window: the keys of the rows of one table that lie within some dates. */
export interface Stated {
  /** The window, or the track without windows. */
  readonly unit: Unit;
  /** The fetch that returned them. */
  readonly token: string;
  /** The table. */
  readonly table: string;
  /** The dates, within the window. */
  readonly dates: Window;
  /** Which of the window's batches this is. */
  readonly part: number;
  /** The keys. */
  readonly keys: readonly string[];
}

/** The dates of rows, where they are shorter than the window. */
export type RowDates = ReadonlyMap<Row, Window>;

/** Dates of a stream without windows. */
export const NO_DATES: Window = { from: 0, to: 1 };

/** The keys that one fetch of a window returned and that are not written yet. */
export class StatedKeys {
  /** Distinguishes this fetch from earlier and later ones. */
  readonly token: string;
  readonly #unit: Unit;
  readonly #watched: ReadonlySet<string>;
  #parts = 0;
  #keys = new Map<string, { table: string; dates: Window; keys: Set<string> }>();

  /** The keys of the watched tables. */
  constructor(unit: Unit, watched: ReadonlySet<string>, token: string) {
    this.#unit = unit;
    this.#watched = watched;
    this.token = token;
  }

  /** Adds the rows of a page. */
  add({ shape, rows }: RowSet, dates: RowDates | undefined): void {
    if (!this.#watched.has(shape.table)) return;
    const names = recordedOrder(shape.key.map((at) => shape.columns[at]!));
    const key = names.map((name) => shape.columns.indexOf(name));
    const types = key.map((at) => shape.types[at]!);
    const whole = this.#unit.window ?? NO_DATES;
    // Rows of the same dates follow each other, and the set of their keys is looked up once.
    let [within, keys]: [Window | undefined, Set<string>] = [undefined, new Set()];
    for (const row of rows) {
      const values = key.map((at) => row[at] ?? null);
      const own = dates?.get(row) ?? whole;
      if (own !== within) [within, keys] = [own, this.#keysOf(shape, own)];
      keys.add(keyText(types, values));
    }
  }

  #keysOf({ table }: RowShape, dates: Window): Set<string> {
    const id = `${dates.from} ${dates.to} ${table}`;
    let found = this.#keys.get(id);
    if (found === undefined) this.#keys.set(id, found = { table, dates, keys: new Set() });
    return found.keys;
  }

  /** The keys so far, which are then forgotten. */
  take(): Stated[] {
    const [unit, token, part] = [this.#unit, this.token, this.#parts++];
    const stated = [...this.#keys.values()].map(({ table, dates, keys }) => ({
      ...{ unit, token, part, table, dates },
      keys: [...keys],
    }));
    this.#keys = new Map();
    return stated;
  }
}
