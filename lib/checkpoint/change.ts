// Owns how changes of a checkpoint are written to KV: their order, and how many go into one commit. It
// does not interpret them. Invariant: if the process is killed between two commits, some windows are
// fetched again, and none is lost.
import { commit } from "./open_kv.ts";

/** One key to write. */
export interface Change {
  /** The key. */
  readonly key: Deno.KvKey;
  /** Creates its value when it is written; undefined to delete the key. */
  readonly value: (() => unknown) | undefined;
}

/** Keys written in one commit; KV accepts 1,000 keys and 800 KiB. */
const CHANGES_PER_COMMIT = 12;

/** The deletion of a key. */
export function deletion(key: Deno.KvKey): Change {
  return { key, value: undefined };
}

/**
 * Writes the last change of each key: values in the order in which their keys first appear, then
 * deletions. Callers therefore pass what must be fetched again before what is done.
 *
 * @throws {Failure} of kind `checkpoint` if they cannot be written.
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
