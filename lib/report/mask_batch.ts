// Masks secrets in rejected rows and failures before they are recorded and reported: an API may echo in its
// records and errors what it was sent.
import { Failure } from "../failure.ts";
import type { WrittenBatch } from "../upsert/batch.ts";
import type { Mask } from "./text/mask.ts";

/** Masks secrets in the rejected rows and the failed windows of a batch. */
export function maskBatch(batch: WrittenBatch, mask: Mask): void {
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
  for (const [at, { unit, failure }] of batch.failed.entries()) {
    batch.failed[at] = { unit, failure: maskedFailure(failure, mask) };
  }
}

function maskedFailure(failure: Failure, mask: Mask): Failure {
  const [message, hint] = [mask(failure.message), failure.hint && mask(failure.hint)];
  if (message === failure.message && hint === failure.hint) return failure;
  const { kind, tooFull, mayPass } = failure;
  return new Failure(kind, message, { hint, tooFull, mayPass });
}
