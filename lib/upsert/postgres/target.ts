// Owns the door to a PostgreSQL server: it puts address, session and locks together into a target. One
// connection writes, one reads, one holds each lock; none is opened before it is needed.
import { Failure } from "../../failure.ts";
import { DatabaseError } from "../write/database_error.ts";
import { retryDatabase } from "../write/database_retry.ts";
import { PostgresConnection } from "./connection.ts";
import { PostgresLocks } from "./job_lock.ts";
import { PostgresSession } from "./session.ts";
import { parsePostgresUrl } from "./url.ts";
import type { PostgresAddress } from "./url.ts";
import { SqlTarget } from "../write/sql_target.ts";
import type { Session } from "../write/session.ts";
import type { Target } from "../write/target.ts";
import type { OpenOptions } from "../write/open_options.ts";

/** What tells a database from any copy of it: the cluster, its history since a restore, and the database in it. */
const IDENTITY_SQL = `SELECT concat_ws('/', system_identifier, timeline_id,
  (SELECT oid FROM pg_database WHERE datname = current_database()))
FROM pg_control_system(), pg_control_checkpoint()`;
/** The same where the server's operators keep those functions to themselves. */
const FALLBACK_IDENTITY_SQL = `SELECT concat_ws('/', current_database(),
  (SELECT oid FROM pg_database WHERE datname = current_database()))`;

/**
 * Opens a PostgreSQL server as a target; see {@link parsePostgresUrl} for the URL.
 *
 * @throws {Failure} of kind `configuration` for an unreadable URL, `target` where the server cannot be used.
 */
export async function openPostgres(url: string, options: Required<OpenOptions>): Promise<Target> {
  const address = parsePostgresUrl(url);
  const rootCert = await readRootCert(address);
  const session = new PostgresSession(address, rootCert);
  try {
    return await SqlTarget.open({
      ...options,
      kind: "postgres",
      label: address.label,
      session,
      // A server that is just starting up is waited for; one that is not there is not.
      identity: await retryDatabase(
        options,
        () => readIdentity(session),
        ({ code }) => code === "57P03",
      ),
      locks: new PostgresLocks(() => new PostgresConnection(address, rootCert), options.randomId),
    });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error instanceof DatabaseError ? error.toFailure(`connect to ${address.label}`) : error;
  }
}

async function readIdentity(session: Session): Promise<string> {
  try {
    return String((await session.query(IDENTITY_SQL)).rows[0]![0]);
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== "42501") throw error;
    return String((await session.query(FALLBACK_IDENTITY_SQL)).rows[0]![0]);
  }
}

async function readRootCert({ sslRootCert }: PostgresAddress): Promise<string | undefined> {
  if (sslRootCert === undefined || sslRootCert === "system") return undefined;
  try {
    return await Deno.readTextFile(sslRootCert);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("configuration", `Cannot read sslrootcert "${sslRootCert}": ${why}`, {
      hint: "Name a readable PEM file, and let the task read it with --allow-read",
      cause,
    });
  }
}
