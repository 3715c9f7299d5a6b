// Checks that a database can be written to before anything is: waits for a standby that may become the primary, and
// refuses a read-only database at once.
import { Failure } from "../../failure.ts";
import { DatabaseRetry, type DatabaseRetryOptions } from "./database_retry.ts";
import type { Target } from "./target.ts";

/** A standby that follows its primary is not being promoted. */
const STATE_SQL = `SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only'),
  EXISTS (SELECT FROM pg_stat_wal_receiver), current_setting('server_encoding'), quote_ident(current_user)`;

/** Encodings that every string fits: messages and values of any language are stored. */
const ENCODINGS = ["UTF8", "SQL_ASCII"];

/**
 * Waits until a standby without a primary is promoted, which then has the stamp of a copy; returns whether it waited.
 *
 * @throws {Failure} if the database is read-only: a standby of a primary that runs, or one that is not promoted in
 * time, or read-only by its settings, which do not change; or if its encoding is not UTF8.
 */
export async function waitUntilWritable(
  target: Pick<Target, "label" | "query">,
  options: DatabaseRetryOptions & { readonly onWait: (message: string) => void },
): Promise<boolean> {
  const retry = new DatabaseRetry(options);
  for (let hasWaited = false;; hasWaited = true) {
    const { rows: [row] } = await target.query(STATE_SQL, { readOnly: true });
    const [isStandby, readOnly, isFollowing, encoding, user] = row!;
    const refusal = refusalOf(String(encoding), isStandby !== true && readOnly === "on", user);
    if (refusal !== undefined) {
      throw new Failure("target", `Cannot write: ${target.label} ${refusal.message}`, refusal);
    }
    if (isStandby !== true) return hasWaited;
    const what = `${target.label} is a standby, which is read-only`;
    if (isFollowing === true) throw readOnlyDatabase(what);
    if (!hasWaited) options.onWait(`${what}: waiting for its promotion`);
    if (!await retry.wait()) throw readOnlyDatabase(what);
  }
}

/** Why a database takes no rows whatever is waited for, and what to do; undefined if it may take them. */
export function refusalOf(
  encoding: string,
  isReadOnly: boolean,
  user: unknown,
): { message: string; hint: string } | undefined {
  if (!ENCODINGS.includes(encoding)) {
    return {
      message: `has the encoding ${encoding}, which cannot hold every character`,
      hint: "Use a database with CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0",
    };
  }
  return isReadOnly
    ? {
      message: "is read-only (default_transaction_read_only)",
      hint: `ALTER ROLE ${user} SET default_transaction_read_only = off`,
    }
    : undefined;
}

function readOnlyDatabase(what: string): Failure {
  return new Failure("target", `Cannot write: ${what}`, {
    hint: "DATABASE_URL leads to a read-only server; use the primary",
  });
}
