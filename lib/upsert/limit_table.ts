// Keeps the use of limits in the target, in the table hindcast_limits, whose clock is the server's. Each call is
// one statement, so it works through a pooler. Invariant: a row changes only where its version is the one read.
import type {
  Alone,
  LimitKey,
  LimitState,
  LimitStore,
  StoredLimit,
} from "../fetch/rate/limit_store.ts";
import { LIMITS_TABLE } from "./sql/system_tables.ts";
import type { Target } from "./write/target.ts";

const MS = (column: string) => `(extract(epoch FROM ${column}) * 1000)::double precision`;
const INSTANT = (parameter: string) => `to_timestamp(${parameter}::double precision / 1000)`;

const COLUMNS = `${MS("clock_timestamp()")}, ${MS("next_at")}, shares,
  margin_ms::double precision, ${MS("paused_until")}, ${
  MS("period_start")
}, used, history, version, alone`;

const READ_SQL = `SELECT ${COLUMNS} FROM ${LIMITS_TABLE} WHERE api_key = $1 AND "limit" = $2`;

const READ_ALL_SQL = `SELECT ${COLUMNS}, "limit" FROM ${LIMITS_TABLE} WHERE api_key = $1`;

const INSERT_SQL = `INSERT INTO ${LIMITS_TABLE}
  (api_key, "limit", next_at, shares, margin_ms, paused_until, period_start, used, history, version)
VALUES ($1, $2, to_timestamp(0), '[]', 0, to_timestamp(0), to_timestamp(0), 0, '[]', 0)
ON CONFLICT DO NOTHING`;

const REPLACE_SQL = `UPDATE ${LIMITS_TABLE} SET next_at = ${INSTANT("$4")}, shares = $5::jsonb,
  margin_ms = $6, paused_until = ${INSTANT("$7")}, period_start = ${INSTANT("$8")}, used = $9,
  history = $10::jsonb, alone = $11::jsonb, version = version + 1
WHERE api_key = $1 AND "limit" = $2 AND version = $3 RETURNING version`;

/** The limits kept in a target. */
export class LimitTable implements LimitStore {
  readonly #target: Pick<Target, "query">;

  /** The table must exist: `prepare` and `lock` create it. */
  constructor(target: Pick<Target, "query">) {
    this.#target = target;
  }

  async read({ apiKey, limit }: LimitKey): Promise<StoredLimit> {
    const parameters = [apiKey, limit];
    for (;;) {
      const { rows: [row] } = await this.#target.query(READ_SQL, { parameters });
      if (row !== undefined) return storedLimit(row);
      await this.#target.query(INSERT_SQL, { parameters });
    }
  }

  async replace({ apiKey, limit }: LimitKey, version: number, state: LimitState): Promise<boolean> {
    const parameters = [
      ...[apiKey, limit, version, state.nextAtMs, JSON.stringify(state.shares), state.marginMs],
      ...[state.pausedUntilMs, state.periodStartMs, state.used, JSON.stringify(state.history)],
      state.alone === undefined ? null : JSON.stringify(state.alone),
    ];
    const { rows } = await this.#target.query(REPLACE_SQL, { parameters });
    return rows.length === 1;
  }
}

/** The limits of an account by their names; none where the target keeps none yet. */
export async function readLimits(
  target: Pick<Target, "query">,
  apiKey: string,
): Promise<Map<string, LimitState>> {
  const { rows: [found] } = await target.query(`SELECT to_regclass('${LIMITS_TABLE}') IS NOT NULL`);
  if (found?.[0] !== true) return new Map();
  const { rows } = await target.query(READ_ALL_SQL, { parameters: [apiKey], readOnly: true });
  return new Map(rows.map((row) => [String(row.at(-1)), storedLimit(row).state]));
}

function storedLimit(row: readonly unknown[]): StoredLimit {
  const [nowMs, nextAtMs, shares, marginMs, pausedUntilMs, periodStartMs, used, history] = row;
  const [version, alone] = row.slice(8);
  return {
    nowMs: Number(nowMs),
    version: Number(version),
    state: {
      nextAtMs: Number(nextAtMs),
      // A row of an earlier version has none.
      shares: (shares ?? []) as LimitState["shares"],
      marginMs: Number(marginMs),
      pausedUntilMs: Number(pausedUntilMs),
      periodStartMs: Number(periodStartMs),
      used: Number(used),
      history: history as LimitState["history"],
      ...(alone === null || alone === undefined ? {} : { alone: alone as Alone }),
    },
  };
}
