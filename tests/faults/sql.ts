// A second session for database tests, which locks, watches and kills while a backfill runs.
import postgres from "postgres";
import { delay } from "@std/async/delay";

/** One connection to a database, beside those of the run under test. */
export interface OtherSession extends AsyncDisposable {
  /** Runs statements, one after the other, and returns the rows of the last. */
  run(sql: string): Promise<Record<string, unknown>[]>;
  /** Resolves when a session of Hindcast in this database waits for a lock. */
  waits(): Promise<void>;
  /** Ends all sessions of Hindcast in this database; returns how many there were. */
  terminate(): Promise<number>;
}

const SESSIONS = `SELECT pid FROM pg_stat_activity
WHERE application_name = 'hindcast' AND datname = current_database()`;

/** Opens a connection. */
export function openSql(url: string): OtherSession {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const run = async (text: string) => [...await sql.unsafe(text)] as Record<string, unknown>[];
  return {
    run,
    waits: async () => {
      // A separate connection: the first one may be inside a transaction.
      await using watcher = openSql(url);
      while ((await watcher.run(`${SESSIONS} AND wait_event_type = 'Lock'`)).length === 0) {
        await delay(10);
      }
    },
    terminate: async () => {
      return (await run(SESSIONS.replace("pid", "pg_terminate_backend(pid)"))).length;
    },
    [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }),
  };
}
