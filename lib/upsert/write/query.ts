// Declares the options and results of queries, and how their connection is protected. It runs nothing.

/** The result of a query. */
export interface QueryResult {
  /** Names of the columns, in order. */
  readonly columns: string[];
  /** Rows of plain values: exact numbers, otherwise strings; dates in ISO 8601; `jsonb` and arrays as values. */
  readonly rows: unknown[][];
}

/** How to run a query. */
export interface QueryOptions {
  /** The values of `$1`, `$2` and so on. Defaults to none. */
  readonly parameters?: readonly unknown[];
  /** Whether it only reads: then it runs in a read-only transaction of at most ten minutes. Defaults to false. */
  readonly readOnly?: boolean;
}

/** Milliseconds after which a query that only reads is canceled: a job's checks and `for_each` queries included. */
export const READ_TIMEOUT_MS: number = 10 * 60_000;

/**
 * How the connection to a database is protected: local, unencrypted, or encrypted with or without verification of the
 * server's identity.
 */
export type Encryption = "local" | "none" | "unproven" | "proven";
