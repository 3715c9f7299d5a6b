// Owns the layout of keys in Deno KV. Every key begins with the product, the version of the layout, the
// stamp of the target and the job, so that another or a restored database starts with empty coverage.
// Keys hold no secret: parameters of a scope are plain values of flags.

/** Version of the layout; a checkpoint of another one is refused. */
export const LAYOUT_VERSION = 2;

/** First part of every key. */
export const ROOT = "hindcast";

/** Where the version of the layout is kept. */
export const VERSION_KEY: Deno.KvKey = [ROOT, "layout"];

/** What a job's keys on one target begin with. */
export function jobPrefix(target: string, job: string): Deno.KvKey {
  return [ROOT, LAYOUT_VERSION, target, job];
}

/** The kinds of entry under a job. */
export type EntryKind = "coverage" | "item" | "failed" | "rejected" | "run" | "measure" | "options";
