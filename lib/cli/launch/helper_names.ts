// Decides which processes the launcher starts in addition to a shared backfill: the first of `--workers N` is
// the backfill itself. The backfill reports an invalid N. Pure.

/** The most processes of one command, as in workers/worker_count.ts, which imports more than a launcher should. */
const MOST_WORKERS = 64;

/** The names of the workers to start; none where a backfill runs alone, or does not run. */
export function helperNames(args: readonly string[]): string[] {
  if (args.some((arg) => /^(--check-status|--dry-run|--help)$/.test(arg))) return [];
  const at = args.findIndex((arg) => arg === "--workers" || arg.startsWith("--workers="));
  const text = at < 0 ? "" : args[at] === "--workers" ? args[at + 1] ?? "" : args[at]!.slice(10);
  const count = /^\d+$/.test(text) ? Number(text) : 1;
  if (count > MOST_WORKERS) return [];
  return Array.from({ length: Math.max(0, count - 1) }, (_, index) => `w${index + 2}`);
}
