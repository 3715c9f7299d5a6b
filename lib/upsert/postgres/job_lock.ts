// Owns the locks of jobs on a PostgreSQL server. Who holds a job is decided by an advisory lock on a
// connection of its own: it dies with the process, so a dead holder is in nobody's way. What protects the
// rows is the token in the table of locks: every write makes sure, under a row lock, that the token is
// still its own, so a holder that was cut off and replaced can commit nothing more.
// @ts-types="@types/pg"
import type { Client } from "pg";
import { Failure } from "../../failure.ts";
import { DatabaseError } from "../write/database_error.ts";
import { quoteLiteral } from "../sql/identifier.ts";
import type { PostgresConnection } from "./connection.ts";
import type { Locks } from "../write/sql_target.ts";
import { LOCKS_TABLE } from "../sql/system_tables.ts";
import type { LockHolder } from "../write/target.ts";

interface Held {
  readonly job: string;
  readonly token: string;
  readonly link: PostgresConnection;
  /** The server process that holds the advisory lock. */
  serverPid: number;
}

/** Answers whether the lock of the job `$1` was free, with the server process that holds it now. */
const TRY_SQL = `SELECT pg_backend_pid() WHERE
pg_try_advisory_lock(hashtextextended('hindcast/' || current_schema() || '/' || $1, 0))`;

const TAKE_SQL = `INSERT INTO ${LOCKS_TABLE} (job, token, run, host, pid, since)
VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT (job) DO UPDATE SET token = excluded.token,
run = excluded.run, host = excluded.host, pid = excluded.pid, since = excluded.since`;

const HOLDER_SQL = `SELECT token, pid, host, to_char(since, 'YYYY-MM-DD HH24:MI:SS') AS since
FROM ${LOCKS_TABLE} WHERE job = $1`;

/** Ends a session of ours that the server does not know to be cut off. */
const END_SQL = `SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND pid = $1`;

/** The locks of this process on a server. */
export class PostgresLocks implements Locks {
  readonly #connect: () => PostgresConnection;
  readonly #randomId: () => string;
  readonly #held = new Set<Held>();

  /** `connect` makes a link for one lock alone. */
  constructor(connect: () => PostgresConnection, randomId: () => string) {
    this.#connect = connect;
    this.#randomId = randomId;
  }

  async take(job: string, holder: LockHolder): Promise<AsyncDisposable> {
    const held: Held = { job, token: this.#randomId(), link: this.#connect(), serverPid: 0 };
    try {
      const other = await held.link.use((client) => tryToTake(client, held, holder));
      if (other !== undefined) throw isRunning(job, other);
    } catch (error) {
      await held.link[Symbol.asyncDispose]();
      throw error instanceof DatabaseError ? error.toFailure(`lock job "${job}"`) : error;
    }
    this.#held.add(held);
    return { [Symbol.asyncDispose]: () => this.#release(held) };
  }

  /** One division by zero for every lock that is no longer held; the row lock keeps a taker waiting. */
  guards(): string[] {
    return [...this.#held].map(({ job, token }) =>
      `SELECT 1 / count(*) FROM (SELECT FROM ${LOCKS_TABLE} ` +
      `WHERE job = ${quoteLiteral(job)} AND token = ${quoteLiteral(token)} FOR SHARE) AS held`
    );
  }

  async renew(): Promise<void> {
    for (const held of this.#held) {
      if (held.link.isOpen) continue;
      const other = await held.link.use((client) => takeAgain(client, held));
      if (other !== undefined) throw lockLost(held.job, other);
    }
  }

  /** Gives all locks back. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const held of this.#held) await this.#release(held);
  }

  async #release(held: Held): Promise<void> {
    if (!this.#held.delete(held)) return;
    const sql = `DELETE FROM ${LOCKS_TABLE} WHERE job = $1 AND token = $2`;
    if (held.link.isOpen) {
      await held.link.use((client) => client.query(sql, [held.job, held.token])).catch(() => {});
    }
    await held.link[Symbol.asyncDispose]();
  }
}

/** Takes the lock where it is free; else says who holds it. */
async function tryToTake(
  client: Client,
  held: Held,
  holder: LockHolder,
): Promise<string | undefined> {
  if (!await tryLock(client, held)) return describe((await readHolder(client, held))[0]);
  const { run, host, pid } = holder;
  await client.query(TAKE_SQL, [held.job, held.token, run, host, pid]);
  return undefined;
}

/** Takes a lock again whose connection was lost; says who has it where somebody else took it meanwhile. */
async function takeAgain(client: Client, held: Held): Promise<string | undefined> {
  const before = held.serverPid;
  const free = await tryLock(client, held);
  const [holder] = await readHolder(client, held);
  if (holder?.token !== held.token) return describe(holder);
  if (free) return undefined;
  await client.query(END_SQL, [before]);
  const message = "its own earlier session still holds the lock";
  throw new DatabaseError(Object.assign(new Error(message), { code: "08006" }));
}

async function tryLock(client: Client, held: Held): Promise<boolean> {
  const { rows } = await client.query({ text: TRY_SQL, values: [held.job], rowMode: "array" });
  if (rows.length === 0) return false;
  held.serverPid = Number(rows[0]![0]);
  return true;
}

interface HolderRow {
  token: string;
  pid: string;
  host: string;
  since: string;
}

async function readHolder(client: Client, { job }: Held): Promise<HolderRow[]> {
  return (await client.query<HolderRow>(HOLDER_SQL, [job])).rows;
}

function describe(holder: HolderRow | undefined): string {
  if (holder === undefined) return "another process";
  return `pid ${holder.pid} on ${holder.host} since ${holder.since} UTC`;
}

function isRunning(job: string, holder: string): Failure {
  return new Failure("locked", `Cannot start: job "${job}" is being run by ${holder}`, {
    hint: "Wait until it has ended, or stop it with Ctrl+C or kill: it saves its state",
  });
}

function lockLost(job: string, holder: string): Failure {
  const message = `Cannot go on: the lock of job "${job}" was lost and taken over by ${holder}`;
  return new Failure("locked", message, {
    hint: "Nothing that was written is lost; run again with --resume when the other run has ended",
  });
}
