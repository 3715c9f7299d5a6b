// Owns the creation of a table of Hindcast's own that only some jobs need, when it is first used. Invariant: a
// table that exists is never created, so it requires no right to create tables.
import type { Target } from "./write/target.ts";

/** A table that is created when it is first used. */
export class LazyTable {
  readonly #target: Pick<Target, "query">;
  readonly #name: string;
  readonly #createSql: string;
  #ready: Promise<void> | undefined;

  /** Sends nothing yet; `createSql` creates the table `name`. */
  constructor(target: Pick<Target, "query">, name: string, createSql: string) {
    this.#target = target;
    this.#name = name;
    this.#createSql = createSql;
  }

  /**
   * Resolves once the table exists; the next call tries again after a failure.
   *
   * @throws {Failure} of kind `target` if it cannot be created.
   */
  async ready(): Promise<void> {
    await (this.#ready ??= this.#create().catch((error) => {
      this.#ready = undefined;
      throw error;
    }));
  }

  async #create(): Promise<void> {
    try {
      if (await this.#isMissing()) await this.#target.query(this.#createSql);
    } catch (error) {
      // Another process may have created it at the same time.
      if (await this.#isMissing()) throw error;
    }
  }

  async #isMissing(): Promise<boolean> {
    const { rows: [row] } = await this.#target.query(`SELECT to_regclass('${this.#name}') IS NULL`);
    return row?.[0] === true;
  }
}
