// Owns the names of the tables that are logs. Each row records the transaction that wrote it, so that a reader
// who keeps a fold of a log reads only what was committed since. Names only.

/** The table of finished windows. */
export const LEDGER_TABLE = "hindcast_windows";
/** Table of runs: the options of each and how it ended. */
export const RUNS_TABLE = "hindcast_runs";
/** Table of windows that failed; one is resolved once it is fetched later. */
export const FAILURES_TABLE = "hindcast_failures";

/** The tables that are logs. */
export const LOG_TABLES: ReadonlySet<string> = new Set([LEDGER_TABLE, RUNS_TABLE, FAILURES_TABLE]);
