// The embedded database of a simulation. Each process has a target of its own over the one session, with the locks,
// leases and claims of a server behind a pooler, so that several processes can live at once. Invariant: whatever asks
// for the time gets that of the simulation.
import { PgliteSession } from "../../lib/upsert/pglite/session.ts";
import { PostgresLocks } from "../../lib/upsert/postgres/job_lock.ts";
import type { Session } from "../../lib/upsert/write/session.ts";
import { SqlTarget } from "../../lib/upsert/write/sql_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import type { MortalProcess, World } from "./mortal_process.ts";

/** How long a process waits for a database that is away; the default of targets. */
const RETRY_FOR_MS = 60_000;

/** When the server started. */
const STARTED = "pg_postmaster_start_time()";
/** What asks for the time of the server. */
const TIMES = /\b(clock_timestamp|now|pg_postmaster_start_time)\(\)/g;

/** A database that several processes share. */
export class SimulatedDatabase implements AsyncDisposable {
  readonly #session = new PgliteSession("memory://");

  /** Connects a process. */
  connect(process: MortalProcess, world: World): Promise<Target> {
    const { clock } = process;
    const session = this.#sessionOf(process, world);
    const retry = { clock, random: () => 0.5, retryForMs: RETRY_FOR_MS };
    const randomId = () => crypto.randomUUID();
    const onWait = () => {};
    return SqlTarget.open({
      ...{ kind: "postgres", label: "simulated", identity: "simulated", session, ...retry },
      ...{ randomId, onWait, readIdentity: () => Promise.resolve("simulated") },
      locks: new PostgresLocks({
        ...{ ...retry, randomId, onWait },
        connect: () => ({
          isOpen: true,
          isDirect: false,
          transact: (steps) => session.transact(steps),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
      }),
    });
  }

  /** Runs one statement, for proofs. */
  query(sql: string): ReturnType<Session["query"]> {
    return this.#session.query(sql);
  }

  /** Removes everything, so that each seed starts with an empty database that stays small. */
  async clear(): Promise<void> {
    const { rows } = await this.#session.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    );
    const tables = rows.map(([name]) => `"${name}"`).join(", ");
    if (tables !== "") await this.#session.query(`DROP TABLE ${tables} CASCADE`);
    for (const sql of ["DISCARD TEMP", "VACUUM", "CHECKPOINT"]) await this.#session.query(sql);
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  #sessionOf(process: MortalProcess, { clock, skewMs }: World): Session {
    const session = this.#session;
    const now = () => `to_timestamp(${clock.now() + skewMs}::double precision / 1000)`;
    const timed = (sql: string) =>
      /^\s*(CREATE|ALTER)\b/.test(sql)
        ? sql
        : sql.replace(TIMES, (name) => name === STARTED ? "to_timestamp(0)" : now());
    return {
      encryption: session.encryption,
      keepsTemporaryTables: () => session.keepsTemporaryTables(),
      transact: (steps, end) => {
        const own = steps.map((step) => ({ ...step, sql: timed(step.sql) }));
        return process.outside(() => session.transact(own, end));
      },
      coordinate: (steps) => {
        const own = steps.map((step) => ({ ...step, sql: timed(step.sql) }));
        return process.outside(() => session.coordinate(own));
      },
      query: (sql, options) => process.outside(() => session.query(timed(sql), options)),
      readAll: (sql, parameters, take) =>
        process.outside(() => session.readAll(timed(sql), parameters, take)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}
