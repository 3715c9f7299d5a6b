// Decides whether the long versions of the proofs run: `deno task test:long` runs the
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

/** A test of the long versions alone; elsewhere its name says why it is skipped. */
export function longTest(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: LONG ? name : `${name} (skipped: takes minutes, deno task test:long)`,
    ignore: !LONG,
    fn,
  });
}
