// Owns the interface that both databases implement, so that one writer serves both: transactions of several
// steps, and single queries. After a lost connection the next call opens a new one. It knows nothing of
// jobs, merges or ledgers.
import type { CopyText } from "../sql/copy_text.ts";
import type { Encryption, QueryOptions, QueryResult } from "./query.ts";

/** One statement of a transaction. */
export interface Step {
  /** The statement. */
  readonly sql: string;
  /** The rows that a `COPY ... FROM STDIN` reads, in the order of the columns it names. */
  readonly text?: CopyText;
}

/** The result of a statement. */
export interface StepResult {
  /** The command tag, such as `COPY 5`. */
  readonly tag: string;
  /** The rows; values are in PostgreSQL's text format. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A session with a database, opened when needed. */
export interface Session extends AsyncDisposable {
  /** How the connection is protected. */
  readonly encryption: Encryption;
  /** Whether a temporary table may outlive its transaction; opens the connection if needed. */
  keepsTemporaryTables(): Promise<boolean>;
  /**
   * Runs the steps in one transaction, which it commits or rolls back.
   *
   * @throws {DatabaseError} with the index of the step that failed; nothing is committed then, unless the connection was lost during the commit.
   */
  transact(steps: readonly Step[], end?: "commit" | "rollback"): Promise<StepResult[]>;
  /**
   * Runs the steps like `transact`, without waiting for rows that are being written.
   *
   * @throws {DatabaseError} with the index of the step that failed.
   */
  coordinate(steps: readonly Step[]): Promise<StepResult[]>;
  /**
   * Runs one statement.
   *
   * @throws {DatabaseError}
   */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  /**
   * Runs one query in a transaction that only reads, and passes its rows on in parts.
   *
   * @throws {DatabaseError}
   */
  readAll(
    sql: string,
    parameters: readonly unknown[],
    take: (result: QueryResult) => void,
  ): Promise<void>;
}
