// Checks that a database can be written to before anything is: waits for a standby that may become the primary, and
// refuses a read-only database at once.
import { Failure } from "../../failure.ts";
import { DatabaseRetry, type DatabaseRetryOptions } from "./database_retry.ts";
import type { Target } from "./target.ts";

/** A standby that follows its primary is not being promoted. */
const STATE_SQL = `SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only'),
  EXISTS (SELECT FROM pg_stat_wal_receiver)`;

/**
 * Waits until a standby without a primary is promoted, which then has the stamp of a copy; returns whether it waited.
 *
 * @throws {Failure} if the database is read-only: a standby of a primary that runs, or one that is not promoted in
 * time, or read-only by its settings, which do not change.
 */
export async function waitUntilWritable(
  target: Pick<Target, "label" | "query">,
  options: DatabaseRetryOptions & { readonly onWait: (message: string) => void },
): Promise<boolean> {
  const retry = new DatabaseRetry(options);
  for (let hasWaited = false;; hasWaited = true) {
    const { rows: [row] } = await target.query(STATE_SQL, { readOnly: true });
    const [isStandby, readOnly, isFollowing] = row!;
    if (isStandby !== true) {
      if (readOnly !== "on") return hasWaited;
      throw readOnlyDatabase(`${target.label} is read-only (default_transaction_read_only)`);
    }
    const what = `${target.label} is a standby, which is read-only`;
    if (isFollowing === true) throw readOnlyDatabase(what);
    if (!hasWaited) options.onWait(`${what}: waiting for its promotion`);
    if (!await retry.wait()) throw readOnlyDatabase(what);
  }
}

function readOnlyDatabase(what: string): Failure {
  return new Failure("target", `Cannot write: ${what}`, {
    hint: "DATABASE_URL leads to a read-only server; use the primary",
  });
}
