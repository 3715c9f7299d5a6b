// Owns the station "batches to upsert": a batch is merged and encoded while the database writes the previous
// one, and what batches complete is finished in their order. Invariant: at most two batches are in progress,
// and none starts after a failure.
import type { Batch, WrittenBatch } from "./batch.ts";
import type { Written } from "./write/target.ts";

/** The dependencies of writing batches. */
export interface WriteBatchesOptions {
  /** Starts to write a batch; writes complete in order, and fail if an earlier one fails. */
  readonly write: (batch: Batch) => Promise<Written>;
  /** Records and reports the result of a batch once it is written. */
  readonly finish: (batch: WrittenBatch, writing: Promise<Written>) => Promise<void>;
  /** Called on a failure, so that nothing waits for another batch. */
  readonly onFailure: () => void;
}

/**
 * Writes and finishes batches, in order.
 *
 * @throws what writing or finishing a batch threw, otherwise what the batches threw.
 */
export async function writeBatches(
  batches: AsyncIterable<Batch>,
  { write, finish, onFailure }: WriteBatchesOptions,
): Promise<void> {
  let finishing: Promise<void> = Promise.resolve();
  try {
    for await (const { sets, stated, parts, ...batch } of batches) {
      const writing = write({ ...batch, sets, stated, parts });
      // `finish` reports its failure; if the previous batch failed, nothing awaits this one.
      writing.catch(() => {});
      await finishing;
      finishing = finish(batch, writing);
      finishing.catch(onFailure);
    }
  } finally {
    await finishing;
  }
}
