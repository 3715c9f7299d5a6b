// Owns how changes of a checkpoint reach KV: in which order, and how many in a commit. It knows nothing
// of what they say. Invariant: where a process is killed between two commits, too much is asked of the
// source again, and nothing is forgotten.
import { commit } from "./open_kv.ts";

/** One key to be written. */
export interface Change {
  /** The key. */
  readonly key: Deno.KvKey;
  /** Its value, made when it is written; undefined where the key is to be deleted. */
  readonly value: (() => unknown) | undefined;
}

/** Keys written in one commit; KV takes 1000, and 800 KiB. */
const CHANGES_PER_COMMIT = 12;

/** The deletion of a key. */
export function deletion(key: Deno.KvKey): Change {
  return { key, value: undefined };
}

/**
 * Writes changes, of each key the last: values in the order of their first mention, then deletions. So
 * callers say what is to be asked again before they say what is done.
 *
 * @throws {Failure} of kind `checkpoint` where they cannot be written.
 */
export async function writeChanges(kv: Deno.Kv, changes: readonly Change[]): Promise<void> {
  const byKey = new Map(changes.map((change) => [JSON.stringify(change.key), change]));
  const last = [...byKey.values()];
  const ordered = [
    ...last.filter(({ value }) => value !== undefined),
    ...last.filter(({ value }) => value === undefined),
  ];
  for (let i = 0; i < ordered.length; i += CHANGES_PER_COMMIT) {
    const operation = kv.atomic();
    for (const { key, value } of ordered.slice(i, i + CHANGES_PER_COMMIT)) {
      if (value === undefined) operation.delete(key);
      else operation.set(key, value());
    }
    await commit(operation);
  }
}
