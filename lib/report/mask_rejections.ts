// Masks secrets in rejected rows before they are recorded and reported: an API may echo in its records
// what it was sent.
import type { WrittenBatch } from "../upsert/batch.ts";
import type { Mask } from "./text/mask.ts";

/** Masks secrets in the rejected rows of a batch's finished windows. */
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
