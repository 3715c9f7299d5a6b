// Owns the names of the tables that are logs: whoever keeps a fold of them reads what was committed since. Each
// of their rows carries the transaction that wrote it. Names only.

/** The table of finished windows. */
export const LEDGER_TABLE = "hindcast_windows";
/** Table of runs: what each was asked to do and how it ended. */
export const RUNS_TABLE = "hindcast_runs";
/** Table of windows that failed; one is resolved once it is fetched later. */
export const FAILURES_TABLE = "hindcast_failures";

/** The tables that are logs. */
export const LOG_TABLES: ReadonlySet<string> = new Set([LEDGER_TABLE, RUNS_TABLE, FAILURES_TABLE]);
