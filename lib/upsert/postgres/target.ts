// Opens a PostgreSQL server: it combines address, session and locks into a target. One
// connection writes, one reads, one keeps each lock; each opens when it is needed.
import { Failure } from "../../failure.ts";
import { DatabaseError } from "../write/database_error.ts";
import { retryDatabase } from "../write/database_retry.ts";
import { PostgresLocks } from "./job_lock.ts";
import { PostgresLockConnection } from "./lock_connection.ts";
import { PostgresSession } from "./session.ts";
import { parsePostgresUrl } from "./url.ts";
import type { PostgresAddress } from "./url.ts";
import { SqlTarget } from "../write/sql_target.ts";
import type { Session } from "../write/session.ts";
import type { Target } from "../write/target.ts";
import type { OpenOptions } from "../write/open_options.ts";

/**
 * What distinguishes a database from any copy of it: the cluster, its timeline, which changes when a standby is
 * promoted or a backup restored, and the database in it. The timeline of a primary is that of the log that it
 * writes: the control file follows minutes later.
 */
const IDENTITY_SQL = identitySql(
  `CASE WHEN pg_is_in_recovery() THEN timeline_id
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer END`,
);
/** What servers allow whose operators restrict those functions, in this order. */
const FALLBACK_IDENTITIES_SQL = [
  identitySql("timeline_id"),
  `SELECT concat_ws('/', current_database(),
    (SELECT oid FROM pg_database WHERE datname = current_database()))`,
];
/** SQLSTATE of a function that the user may not call, that the server does not support, or that does not exist. */
const RESTRICTED = new Set(["42501", "0A000", "42883"]);

function identitySql(timeline: string): string {
  return `SELECT concat_ws('/', system_identifier, ${timeline},
  (SELECT oid FROM pg_database WHERE datname = current_database()))
FROM pg_control_system(), pg_control_checkpoint()`;
}

/**
 * Opens a PostgreSQL server as a target; see {@link parsePostgresUrl} for the URL. Waits for a server that
 * is restarting or out of connections.
 *
 * @throws {Failure} of kind `configuration` for an unreadable URL, `target` if the server cannot be used.
 */
export async function openPostgres(url: string, options: Required<OpenOptions>): Promise<Target> {
  const address = parsePostgresUrl(url);
  const rootCert = await readRootCert(address);
  const session = new PostgresSession(address, rootCert);
  try {
    const identity = await waitForIdentity(session, address, options);
    return await SqlTarget.open({
      ...options,
      kind: "postgres",
      label: address.label,
      session,
      identity,
      readIdentity: () => retryDatabase(options, () => readIdentity(session)),
      locks: new PostgresLocks({
        ...options,
        connect: (onLoss) => new PostgresLockConnection(address, rootCert, onLoss),
      }),
    });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error instanceof DatabaseError ? error.toFailure(`connect to ${address.label}`) : error;
  }
}

async function waitForIdentity(
  session: Session,
  { label }: PostgresAddress,
  options: Required<OpenOptions>,
): Promise<string> {
  let isReported = false;
  return await retryDatabase(options, () => readIdentity(session), (error) => {
    // A name that does not exist is a typing error at the start, and an outage later on.
    const isStarting = error.code === "57P03";
    const passes = isStarting ||
      options.waitsForServer && error.passes && !/ENOTFOUND/.test(error.message);
    if (passes && !isReported && options.retryForMs > 0) {
      const seconds = Math.ceil(options.retryForMs / 1000);
      options.onWait(`${label} is not available, waiting up to ${seconds} s: ${error.message}`);
    }
    isReported = true;
    return passes;
  });
}

async function readIdentity(session: Session): Promise<string> {
  for (const sql of [IDENTITY_SQL, ...FALLBACK_IDENTITIES_SQL]) {
    try {
      return String((await session.query(sql, { readOnly: true })).rows[0]![0]);
    } catch (error) {
      if (!(error instanceof DatabaseError) || !RESTRICTED.has(error.code)) throw error;
    }
  }
  throw new DatabaseError(new Error("the server does not say which database this is"));
}

async function readRootCert({ sslRootCert }: PostgresAddress): Promise<string | undefined> {
  if (sslRootCert === undefined || sslRootCert === "system") return undefined;
  try {
    return await Deno.readTextFile(sslRootCert);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("configuration", `Cannot read sslrootcert "${sslRootCert}": ${why}`, {
      hint: "Name a readable PEM file, and start Hindcast with deno task, which may read it",
      cause,
    });
  }
}
