// Owns the order of the writes of a run: a write is prepared while the one before it is running, and nothing is written
// past a failure. It remembers which strategy suits each shape; write_attempts.ts performs a write.
import type { RowSet } from "../../extract/row_shape.ts";
import { copyBatchesOf } from "./copy_batch.ts";
import type { Written } from "./target.ts";
import type { StrategyState } from "./write_strategy.ts";
import type { Watch } from "./watch.ts";
import { Attempts, type WriterInput } from "./write_attempts.ts";

/**
 * Writes row sets, one write after the other; a write that starts while another is running is prepared in
 * the meantime. Remembers which strategy suits each shape.
 */
export class Writer {
  readonly #input: WriterInput;
  readonly #strategies = new Map<string, StrategyState>();
  /** The write that started last. */
  #last: Promise<Written | undefined> = Promise.resolve(undefined);

  /** Starts without knowledge of the tables' contents. */
  constructor(input: WriterInput) {
    this.#input = input;
  }

  /**
   * Writes the sets together with the ledger's rows. If an earlier write is still running and fails, this
   * one fails with it: nothing is written past a failure that the caller has not seen. `checks` are statements
   * that fail with a division by zero where the rows must not be written.
   *
   * @throws {Failure} of kind `target` or `locked`.
   */
  write(
    sets: readonly RowSet[],
    ledger: RowSet,
    watch: Watch,
    checks: readonly string[] = [],
  ): Promise<Written> {
    const records = [ledger, watch.stated].filter(({ rows }) => rows.length > 0);
    const writing = this.#write([...sets, ...records], { watch, checks }, this.#last);
    this.#last = writing;
    writing.catch(() => {
      if (this.#last === writing) this.#last = Promise.resolve(undefined);
    });
    return writing;
  }

  async #write(
    sets: readonly RowSet[],
    { watch, checks }: { watch: Watch; checks: readonly string[] },
    before: Promise<Written | undefined>,
  ): Promise<Written> {
    const order = [...this.#input.relations.keys()];
    const [copies, last] = await Promise.all([copyBatchesOf(sets, order), before]);
    const guards = () => [...this.#input.guards(), ...checks];
    const attempts = new Attempts({ ...this.#input, guards }, this.#strategies, copies, watch.read);
    return await attempts.run(last?.rejected.length ?? 0);
  }
}
