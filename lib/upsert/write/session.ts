// Owns what the two databases have to offer so that one writer serves both: transactions made of steps
// and single statements. A session heals itself: after a lost connection the next call opens another. It
// knows nothing of jobs, merges or ledgers.
import type { CopyText } from "../sql/copy_text.ts";
import type { Answer, QueryOptions } from "./target.ts";

/** One statement of a transaction; `text` is what a `COPY ... FROM STDIN` reads. */
export interface Step {
  /** The statement. */
  readonly sql: string;
  /** Rows for `COPY`, in the order of the columns it names. */
  readonly text?: CopyText;
}

/** What a statement answered: its command tag, such as `COPY 5`, and its rows as text. */
export interface StepResult {
  /** The command tag. */
  readonly tag: string;
  /** The rows, values as text. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A connection to a database, opened when needed. */
export interface Session extends AsyncDisposable {
  /**
   * Runs the steps in one transaction and commits it, or rolls it back where that is asked for.
   *
   * @throws {DatabaseError} which says which step failed; nothing is committed then, unless the connection was lost at the commit.
   */
  transact(steps: readonly Step[], end?: "commit" | "rollback"): Promise<StepResult[]>;
  /**
   * Runs one statement.
   *
   * @throws {DatabaseError}
   */
  query(sql: string, options?: QueryOptions): Promise<Answer>;
}
