// Finds the rows that a database refuses among many that it accepts. It knows neither the
// database nor the rows: it calls a probe with sets of rows, and bounds the number of calls. Rows are tried
// in order, so that of two conflicting rows the first one stays.

/** Why the database refused a set of rows. */
export interface Refusal {
  /** The message of the database. */
  readonly reason: string;
  /** The column at fault, if the database names it. */
  readonly column: string | null;
  /** The index of the row at fault in the set, if the database names it. */
  readonly index: number | undefined;
}

/** The accepted rows, and the refused ones with the reason of each. */
export interface Isolated<T> {
  /** Rows that can be written together. */
  readonly accepted: T[];
  /** Rows that cannot be written with the others. */
  readonly refused: { row: T; refusal: Refusal }[];
}

/**
 * Finds the rows that a probe refuses, given that it refused all of them together with `first`.
 * Undefined if more than `maxRefused` rows are at fault.
 */
export async function isolateRows<T>(
  rows: readonly T[],
  first: Refusal,
  probe: (rows: readonly T[]) => Promise<Refusal | undefined>,
  maxRefused: number,
): Promise<Isolated<T> | undefined> {
  const isolated: Isolated<T> = { accepted: [], refused: [] };
  const pending: { rows: readonly T[]; refusal?: Refusal }[] = [{ rows, refusal: first }];
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    const before = isolated.accepted.length;
    const refusal = segment.refusal ?? await probe([...isolated.accepted, ...segment.rows]);
    if (refusal === undefined) {
      for (const row of segment.rows) isolated.accepted.push(row);
      continue;
    }
    const at = segment.rows.length === 1 ? 0 : (refusal.index ?? -1) - before;
    if (at >= 0 && at < segment.rows.length) {
      isolated.refused.push({ row: segment.rows[at]!, refusal });
      if (isolated.refused.length > maxRefused) return undefined;
      const others = segment.rows.toSpliced(at, 1);
      if (others.length > 0) pending.push({ rows: others });
      continue;
    }
    const half = segment.rows.length >> 1;
    pending.push({ rows: segment.rows.slice(half) }, { rows: segment.rows.slice(0, half) });
  }
  return isolated;
}
