// Compares two pages without keeping either. Pure. Invariant: pages of up to five records are compared
// completely, longer ones by five records and their count.
import { createHash } from "node:crypto";
import { stableText } from "../../report/text/shown_value.ts";

const SAMPLES = 5;

/** Returns a short string that is equal for pages with the same records. */
export function fingerprint(records: readonly unknown[]): string {
  const last = records.length - 1;
  const count = Math.min(SAMPLES, records.length);
  const positions = Array.from(
    { length: count },
    (_, i) => Math.round(i * last / Math.max(1, count - 1)),
  );
  const hash = createHash("sha256").update(String(records.length));
  for (const position of positions) hash.update(`\n${stableText(records[position])}`);
  return hash.digest("base64");
}
