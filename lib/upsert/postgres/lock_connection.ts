// The connection of one lock on a PostgreSQL server, apart from those that write and read: a lease is renewed while a
// batch is written. It knows nothing of locks.
import type { Step, StepResult } from "../write/session.ts";
import { PostgresConnection } from "./connection.ts";
import type { LockConnection } from "./job_lock.ts";
import { transact } from "./pipelined_transaction.ts";
import { beginWriting } from "./transaction_settings.ts";
import type { PostgresAddress } from "./url.ts";

/** A connection that runs the transactions of one lock. */
export class PostgresLockConnection implements LockConnection {
  readonly #connection: PostgresConnection;
  readonly #begin: readonly string[];

  /** Opens nothing yet; `onLoss` is called when the connection breaks. */
  constructor(address: PostgresAddress, rootCert: string | undefined, onLoss: () => void) {
    this.#connection = new PostgresConnection(address, rootCert, onLoss);
    this.#begin = beginWriting(address.settings);
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get isDirect(): boolean {
    return this.#connection.isDirect;
  }

  transact(steps: readonly Step[]): Promise<readonly StepResult[]> {
    return this.#connection.use((client) =>
      steps.length === 0 ? Promise.resolve([]) : transact(client, this.#begin, steps)
    );
  }

  /** Closes the connection. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }
}
