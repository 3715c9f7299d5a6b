// Owns the layout of keys in Deno KV. Every key starts with the product, the layout version, the stamp of
// the target and the job, so that a different or restored database starts with empty coverage. Keys hold
// no secrets: the parameters of a scope are plain values of flags.

/** Layout version; a checkpoint with a different one is refused. */
export const LAYOUT_VERSION = 2;

/** First part of every key. */
export const ROOT = "hindcast";

/** The key of the layout version. */
export const VERSION_KEY: Deno.KvKey = [ROOT, "layout"];

/** The prefix of the keys of one target. */
export function targetPrefix(target: string): Deno.KvKey {
  return [ROOT, LAYOUT_VERSION, target];
}

/** The prefix of a job's keys on one target. */
export function jobPrefix(target: string, job: string): Deno.KvKey {
  return [...targetPrefix(target), job];
}

/** Kinds of entries of a job. */
export type EntryKind =
  | "coverage"
  | "item"
  | "failed"
  | "rejected"
  | "run"
  | "measure"
  | "fold"
  | "verified";
