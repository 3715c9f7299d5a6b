// Owns the search for the rows that a database refuses among many it takes. It knows neither the
// database nor the rows: it asks a probe whether a set of rows is taken, and keeps the number of
// questions bounded. Rows are judged in order, so that of two rows that refuse each other the first stays.

/** Why a set of rows was refused; `index` is the row at fault, where the database says it. */
export interface Refusal {
  /** The database's words. */
  readonly reason: string;
  /** The column at fault, where it is said. */
  readonly column: string | null;
  /** The row at fault among those asked about, where it is said. */
  readonly index: number | undefined;
}

/** Rows that were taken, and those that were not, each with its refusal. */
export interface Isolated<T> {
  /** Rows that can be written together. */
  readonly taken: T[];
  /** Rows that cannot be written with them. */
  readonly refused: { row: T; refusal: Refusal }[];
}

/**
 * Finds the rows that a probe refuses, given that it refused all of them together with `first`.
 * Undefined where more than `mostRefused` rows are at fault.
 */
export async function isolateRows<T>(
  rows: readonly T[],
  first: Refusal,
  probe: (rows: readonly T[]) => Promise<Refusal | undefined>,
  mostRefused: number,
): Promise<Isolated<T> | undefined> {
  const isolated: Isolated<T> = { taken: [], refused: [] };
  const pending: { rows: readonly T[]; refusal?: Refusal }[] = [{ rows, refusal: first }];
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    const before = isolated.taken.length;
    const refusal = segment.refusal ?? await probe([...isolated.taken, ...segment.rows]);
    if (refusal === undefined) {
      for (const row of segment.rows) isolated.taken.push(row);
      continue;
    }
    const at = segment.rows.length === 1 ? 0 : (refusal.index ?? -1) - before;
    if (at >= 0 && at < segment.rows.length) {
      isolated.refused.push({ row: segment.rows[at]!, refusal });
      if (isolated.refused.length > mostRefused) return undefined;
      const others = segment.rows.toSpliced(at, 1);
      if (others.length > 0) pending.push({ rows: others });
      continue;
    }
    const half = segment.rows.length >> 1;
    pending.push({ rows: segment.rows.slice(half) }, { rows: segment.rows.slice(0, half) });
  }
  return isolated;
}
