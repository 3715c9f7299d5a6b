// Owns the question whether the long versions of the proofs are asked for: `deno task test:long` runs the
// same tests with more kills, more cases and longer backfills, and prints the figures for docs/operations.md.

/** Whether the long versions run. */
export const LONG: boolean = Deno.env.get("HINDCAST_LONG") === "1";

/** One of two sizes of a test. */
export function size<T>(short: T, long: T): T {
  return LONG ? long : short;
}

/** Prints a figure in the long versions. */
export function figure(text: string): void {
  if (LONG) console.log(`  figure: ${text}`);
}
