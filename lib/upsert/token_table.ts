// Keeps refreshed OAuth2 tokens, encrypted, in the table hindcast_tokens of the target, whose clock is the server's.
// Each call is one statement, so it works through a pooler. The table is created when a job first needs it.
// Invariant: tokens are replaced only by the process that may refresh them, or where nobody has since.
import type { ClaimedTokens, TokenStore } from "../fetch/http/token_store.ts";
import { LazyTable } from "./lazy_table.ts";
import type { Target } from "./write/target.ts";

const TABLE = "hindcast_tokens";

const CREATE_SQL = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  account text PRIMARY KEY, sealed text, holder uuid, lease_until timestamptz)`;

const CLAIM_SQL = `INSERT INTO ${TABLE} AS kept (account, holder, lease_until)
VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (account) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
WHERE kept.holder IS NULL OR kept.holder = excluded.holder OR kept.lease_until <= clock_timestamp()
RETURNING sealed, (extract(epoch FROM clock_timestamp()) * 1000)::double precision`;

const KEEP_SQL = `UPDATE ${TABLE} SET sealed = $3, holder = NULL, lease_until = NULL
WHERE account = $1 AND (holder = $2 OR sealed IS NOT DISTINCT FROM $4)`;

const RELEASE_SQL = `UPDATE ${TABLE} SET holder = NULL, lease_until = NULL
WHERE account = $1 AND holder = $2`;

/** The tokens kept in a target. */
export class TokenTable implements TokenStore {
  readonly #target: Pick<Target, "query">;
  readonly #table: LazyTable;

  /** Sends nothing yet. */
  constructor(target: Pick<Target, "query">) {
    this.#target = target;
    this.#table = new LazyTable(target, TABLE, CREATE_SQL);
  }

  async claim(
    account: string,
    holder: string,
    leaseMs: number,
  ): Promise<ClaimedTokens | undefined> {
    await this.#table.ready();
    const { rows: [row] } = await this.#target.query(CLAIM_SQL, {
      parameters: [account, holder, leaseMs],
    });
    if (row === undefined) return undefined;
    const [sealed, nowMs] = row;
    return { sealed: sealed === null ? null : String(sealed), nowMs: Number(nowMs) };
  }

  async keep(
    account: string,
    holder: string,
    sealed: string,
    before: string | null,
  ): Promise<void> {
    await this.#target.query(KEEP_SQL, { parameters: [account, holder, sealed, before] });
  }

  async release(account: string, holder: string): Promise<void> {
    await this.#target.query(RELEASE_SQL, { parameters: [account, holder] });
  }
}
