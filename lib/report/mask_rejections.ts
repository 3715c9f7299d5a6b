// Owns the last look at rejected rows before they are recorded and reported: a source may repeat, in its
// records, what it was sent, and the secrets of the job must not be kept with them.
import type { WrittenBatch } from "../upsert/batch.ts";
import type { Mask } from "./text/mask.ts";

/** Hides secrets in what is kept of the rows that a batch's finished windows rejected. */
export function maskRejections(batch: WrittenBatch, mask: Mask): void {
  for (const { rows: { rejected } } of batch.finished) {
    for (const [at, { reason, value, record, ...where }] of rejected.entries()) {
      rejected[at] = {
        ...where,
        reason: mask(reason),
        value: mask(value),
        record: mask(record),
      };
    }
  }
}
