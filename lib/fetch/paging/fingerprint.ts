// Owns telling whether two pages hold the same records, without keeping either. Pure. Invariant: pages of
// up to five records are compared whole; of longer ones five records and their number.
import { createHash } from "node:crypto";
import { stableText } from "../../report/text/shown_value.ts";

const SAMPLES = 5;

/** A short text that is equal for pages with the same records. */
export function fingerprint(records: readonly unknown[]): string {
  const last = records.length - 1;
  const count = Math.min(SAMPLES, records.length);
  const places = Array.from(
    { length: count },
    (_, i) => Math.round(i * last / Math.max(1, count - 1)),
  );
  const hash = createHash("sha256").update(String(records.length));
  for (const place of places) hash.update(`\n${stableText(records[place])}`);
  return hash.digest("base64");
}
