// Owns the locks of jobs on a PostgreSQL server. A lock is a row with a token and a lease: the holder renews
// the lease, a dead one lets it expire, and each write checks the token under a row lock right before its
// commit, so a holder that was replaced commits nothing more. This works through any connection pooler. On a
// direct connection the holder also keeps an advisory lock, a liveness signal that ends with its process, so
// that nobody waits for the lease of a process that was killed. The server's clock decides.
import { Failure } from "../../failure.ts";
import { DatabaseError } from "../write/database_error.ts";
import { retryDatabase } from "../write/database_retry.ts";
import type { DatabaseRetryOptions } from "../write/database_retry.ts";
import { quoteLiteral } from "../sql/identifier.ts";
import type { Locks } from "../write/locks.ts";
import { hasConnectedSql, LEASE_MS, leaseEndedSql } from "../sql/lease_sql.ts";
import { holdsAdvisorySql, takeAdvisorySql } from "../sql/advisory_lock.ts";
import { LOCKS_TABLE } from "../sql/system_tables.ts";
import type { LockConnection } from "./lock_connection.ts";
import type { LockHolder } from "../write/target.ts";

const HEARTBEAT_MS = 5_000;
/** Longest wait before a lost connection is retried: others consider a silent holder dead. */
const LONGEST_WAIT_MS = 500;
/** How often a lock that may soon be free is tried. */
const POLL_MS = 500;
/** Time within which a living holder takes its advisory lock again after its connection broke. */
const SIGN_OF_LIFE_MS = 2_000;
/** How long a release waits for an unresponsive server; the lease ends anyway. */
const RELEASE_TIMEOUT_MS = 2_000;

/** What the locks of a process depend on. */
interface PostgresLocksOptions extends DatabaseRetryOptions {
  /** Creates the connection of one lock; `onLoss` is called when it breaks. */
  readonly connect: (onLoss: () => void) => LockConnection;
  /** Returns a random UUID. */
  readonly randomId: () => string;
  /** Reports to the user why the start takes time. */
  readonly onWait: (message: string) => void;
}

/** A lock that this process holds. */
interface Held {
  readonly job: string;
  readonly token: string;
  readonly connection: LockConnection;
  /** Whether this connection holds the advisory lock. */
  hasSign: boolean;
  /** Aborts when the connection breaks, which makes the next heartbeat due. */
  due: AbortController;
  /** Ends the heartbeat. */
  readonly released: AbortController;
  heartbeat: Promise<void>;
}

/** The row of a lock that another process holds. */
interface Other {
  readonly token: string;
  /** Who it is, for display. */
  readonly name: string;
  /** When its lease ends; an opaque string that changes with each renewal. */
  readonly lease: string;
  readonly secondsLeft: number;
  /** Whether its advisory lock is held; undefined if it can hold none, as behind a pooler. */
  readonly isAlive: boolean | undefined;
}

/** The locks of this process on a server. */
export class PostgresLocks implements Locks {
  readonly #options: PostgresLocksOptions;
  readonly #held = new Set<Held>();

  /** Starts without a lock. */
  constructor(options: PostgresLocksOptions) {
    this.#options = options;
  }

  async take(job: string, holder: LockHolder): Promise<AsyncDisposable> {
    const held: Held = {
      job,
      token: this.#options.randomId(),
      connection: this.#options.connect(() => {
        held.hasSign = false;
        held.due.abort();
      }),
      hasSign: false,
      due: new AbortController(),
      released: new AbortController(),
      heartbeat: Promise.resolve(),
    };
    try {
      await this.#acquire(held, holder);
    } catch (error) {
      await held.connection[Symbol.asyncDispose]();
      throw error instanceof DatabaseError ? error.toFailure(`lock job "${job}"`) : error;
    }
    this.#held.add(held);
    held.heartbeat = this.#keep(held);
    return { [Symbol.asyncDispose]: () => this.#release(held) };
  }

  /** One division by zero for every lock that is no longer held; the row stays locked until the commit. */
  guards(): string[] {
    return [...this.#held].map((held) =>
      `WITH held AS (${renewSql(held)} RETURNING 1) SELECT 1 / count(*) FROM held`
    );
  }

  async lost(cause: unknown): Promise<Failure> {
    const holders = await Promise.all([...this.#held].map(async (held) => {
      const other = await this.#readOther(held).catch(() => undefined);
      return other === undefined || other.token === held.token ? [] : [[held.job, other.name]];
    }));
    const [job, name] = holders.flat()[0] ?? [undefined, "another run"];
    if ([...this.#held].some((held) => isWorker(held.job)) && job === undefined) {
      return fenced(cause);
    }
    const which = job === undefined ? "the job's lock" : `the lock of job "${job}"`;
    return new Failure("locked", `Cannot continue: ${which} was taken over by ${name}`, {
      hint:
        "Nothing that was written is lost; run again with --resume when the other run has ended",
      cause,
    });
  }

  /** Releases all locks. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const held of this.#held) await this.#release(held);
  }

  /** Takes the lock, as soon as it is certain that its holder is dead. */
  async #acquire(held: Held, holder: LockHolder): Promise<void> {
    const { clock, signal } = this.#options;
    let first: Other | undefined;
    let deadToken: string | undefined;
    let silentSince: number | undefined;
    for (;;) {
      if (await this.#tryToTake(held, holder, deadToken)) return;
      const other = await this.#readOther(held);
      if (other === undefined) continue;
      const isRenewed = first !== undefined && first.lease !== other.lease;
      if (other.isAlive || isRenewed) throw isRunning(held.job, other.name);
      if (first === undefined) this.#tell(held.job, other);
      first ??= other;
      if (other.isAlive === false) {
        silentSince ??= clock.now();
        if (clock.now() - silentSince >= SIGN_OF_LIFE_MS) deadToken = other.token;
      }
      if (deadToken === undefined) await clock.sleep(POLL_MS, signal);
    }
  }

  #tell(job: string, { name, secondsLeft, isAlive }: Other): void {
    const seconds = isAlive === false ? SIGN_OF_LIFE_MS / 1000 : Math.ceil(secondsLeft);
    this.#options.onWait(
      `Job "${job}" is locked by ${name}, which may have been killed: ` +
        `waiting up to ${seconds} s for it to respond`,
    );
  }

  /** Whether the lock was free, or held by `deadToken`, and now belongs to this process. */
  async #tryToTake(held: Held, holder: LockHolder, deadToken?: string): Promise<boolean> {
    if (!await this.#giveSignOfLife(held)) {
      const other = await this.#readOther(held);
      throw isRunning(held.job, other?.name ?? "another process");
    }
    const { run, host, pid } = holder;
    const names = [held.job, held.token, run, host].map(quoteLiteral);
    const values = [...names, `${pid}`, "now()", LEASE_SQL, backendSql(held)].join(", ");
    const columns = ["job", "token", "run", "host", "pid", "since", "lease_until", "backend"];
    const sets = columns.slice(1).map((name) => `${name} = excluded.${name}`).join(", ");
    const isDead = deadToken === undefined ? "" : ` OR held.token = ${quoteLiteral(deadToken)}`;
    const [row] = await this.#run(
      held,
      `INSERT INTO ${LOCKS_TABLE} AS held (${columns.join(", ")}) VALUES (${values}) ` +
        `ON CONFLICT (job) DO UPDATE SET ${sets} WHERE ` +
        `${leaseEndedSql("held.lease_until")}${isDead} RETURNING 1`,
    );
    return row !== undefined;
  }

  /** False if a process of an earlier version, which takes this lock exclusively, holds the job. */
  async #giveSignOfLife(held: Held): Promise<boolean> {
    if (!held.connection.isOpen) await held.connection.transact([]);
    if (held.hasSign || !held.connection.isDirect) return true;
    const [row] = await this.#run(held, takeAdvisorySql(quoteLiteral(held.job)));
    held.hasSign = row![0] === "t";
    return held.hasSign;
  }

  async #readOther(held: Held): Promise<Other | undefined> {
    const [row] = await this.#run(
      held,
      `SELECT token, pid, host, to_char(since, 'YYYY-MM-DD HH24:MI:SS'), lease_until,
        greatest(0, extract(epoch FROM lease_until - clock_timestamp())),
        CASE WHEN backend IS NOT NULL AND ${hasConnectedSql("lease_until")} THEN ${
        holdsAdvisorySql("backend", "held.job")
      } END FROM ${LOCKS_TABLE} AS held WHERE job = ${quoteLiteral(held.job)}`,
    );
    if (row === undefined) return undefined;
    const [token, pid, host, since, lease, secondsLeft, isAlive] = row;
    return {
      token: String(token),
      name: `pid ${pid} on ${host} since ${since} UTC`,
      lease: String(lease),
      secondsLeft: Number(secondsLeft),
      isAlive: isAlive == null ? undefined : isAlive === "t",
    };
  }

  /** Renews the lease until the lock is released; a broken connection is replaced at once. */
  async #keep(held: Held): Promise<void> {
    const { clock } = this.#options;
    const { signal } = held.released;
    let waitMs = HEARTBEAT_MS;
    while (!signal.aborted) {
      await clock.sleep(waitMs, AbortSignal.any([signal, held.due.signal])).catch(() => {});
      if (signal.aborted) return;
      held.due = new AbortController();
      try {
        await this.#giveSignOfLife(held);
        await this.#run(held, renewSql(held, `, backend = ${backendSql(held)}`));
        waitMs = HEARTBEAT_MS;
      } catch {
        waitMs = LONGEST_WAIT_MS;
        // The database is unreachable; the next write waits for it, and checks the lock.
      }
    }
  }

  async #release(held: Held): Promise<void> {
    if (!this.#held.delete(held)) return;
    held.released.abort();
    const { clock } = this.#options;
    const sql = `UPDATE ${LOCKS_TABLE} SET lease_until = NULL WHERE ${isOwn(held)}`;
    if (held.connection.isOpen) {
      const done = new AbortController();
      const freeing = held.connection.transact([{ sql }]);
      await Promise.race([freeing, clock.sleep(RELEASE_TIMEOUT_MS, done.signal)]).catch(() => {});
      done.abort();
    }
    await held.connection[Symbol.asyncDispose]();
    await held.heartbeat;
  }

  async #run(held: Held, sql: string): Promise<readonly (readonly (string | null)[])[]> {
    const { signal } = this.#options;
    const either = signal === undefined ? [] : [signal];
    const options = {
      ...this.#options,
      longestWaitMs: LONGEST_WAIT_MS,
      signal: AbortSignal.any([held.released.signal, ...either]),
    };
    const run = () => held.connection.transact([{ sql }]);
    return (await retryDatabase(options, run))[0]!.rows;
  }
}

const LEASE_SQL = `clock_timestamp() + interval '${LEASE_MS} ms'`;

/** Behind a pooler any server process may serve the holder, and the lock would stay with it. */
function backendSql({ connection }: Held): string {
  return connection.isDirect ? "pg_backend_pid()" : "NULL";
}

function isOwn({ job, token }: Held): string {
  return `job = ${quoteLiteral(job)} AND token = ${quoteLiteral(token)}`;
}

function renewSql(held: Held, more = ""): string {
  return `UPDATE ${LOCKS_TABLE} SET lease_until = ${LEASE_SQL}${more} WHERE ${isOwn(held)}`;
}

/** A worker that was silent for longer than its lease: its lock is gone, and its windows are claimed by others. */
function fenced(cause: unknown): Failure {
  return new Failure(
    "locked",
    "Cannot continue: this process did not respond for so long that its windows were reassigned",
    { hint: "Nothing that was written is lost; run again with --resume when they are done", cause },
  );
}

function isWorker(job: string): boolean {
  return job.startsWith("worker ");
}

function isRunning(job: string, holder: string): Failure {
  return new Failure("locked", `Cannot start: job "${job}" is being run by ${holder}`, {
    hint: "Wait until it has ended, or stop it with Ctrl+C or kill: it saves its state",
  });
}
