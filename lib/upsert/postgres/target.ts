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

/** What distinguishes a database from any copy of it: the cluster, its history since a restore, and the database in it. */
const IDENTITY_SQL = `SELECT concat_ws('/', system_identifier, timeline_id,
  (SELECT oid FROM pg_database WHERE datname = current_database()))
FROM pg_control_system(), pg_control_checkpoint()`;
/** The same on a server whose operators do not allow those functions. */
const FALLBACK_IDENTITY_SQL = `SELECT concat_ws('/', current_database(),
  (SELECT oid FROM pg_database WHERE datname = current_database()))`;

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
  try {
    return String((await session.query(IDENTITY_SQL, { readOnly: true })).rows[0]![0]);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== "42501") throw error;
    const { rows } = await session.query(FALLBACK_IDENTITY_SQL, { readOnly: true });
    return String(rows[0]![0]);
  }
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
