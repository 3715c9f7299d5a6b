// Owns the station "batches to upsert": a batch is made ready (merged, encoded) while the one before is
// at the database, so that neither waits for the other, and what a batch completes is finished in the
// order of the batches. Invariant: two batches at most are under way, and after a failure none is begun.
import type { Batch, WrittenBatch } from "./batch.ts";
import type { Written } from "./write/target.ts";

/** What writing batches works with. */
export interface WriteBatchesOptions {
  /** Begins to write a batch; writes are done in the order they were begun in, and fail with the one before. */
  readonly write: (batch: Batch) => Promise<Written>;
  /** Records and reports what a batch came to, once it is written. */
  readonly finish: (batch: WrittenBatch, writing: Promise<Written>) => Promise<void>;
  /** Called at a failure, so that no further batch is waited for. */
  readonly onFailure: () => void;
}

/**
 * Writes and finishes batches, in order.
 *
 * @throws what writing or finishing a batch threw, else what the batches threw.
 */
export async function writeBatches(
  batches: AsyncIterable<Batch>,
  { write, finish, onFailure }: WriteBatchesOptions,
): Promise<void> {
  let finishing: Promise<void> = Promise.resolve();
  try {
    for await (const { sets, ...batch } of batches) {
      const writing = write({ ...batch, sets });
      // Its failure is that of `finish`; where the batch before has failed, nobody asks for this one.
      writing.catch(() => {});
      await finishing;
      finishing = finish(batch, writing);
      finishing.catch(onFailure);
    }
  } finally {
    await finishing;
  }
}
