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

/** Bytes written in one commit; KV accepts 800 KiB of values and 80 KiB of keys. */
const MOST_BYTES = 512 * 1024;
/** Keys written in one commit; KV accepts 1,000, of 2 KiB at most. */
const MOST_KEYS = 100;
const MOST_KEY_BYTES = 48 * 1024;

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
  let operation = kv.atomic();
  let [keys, keyBytes, bytes] = [0, 0, 0];
  for (const { key, value } of ordered) {
    const written = value?.();
    const size = value === undefined ? 0 : sizeOf(written);
    const keySize = 2 * JSON.stringify(key).length;
    const isFull = keys === MOST_KEYS || keyBytes + keySize > MOST_KEY_BYTES ||
      bytes + size > MOST_BYTES;
    if (isFull && keys > 0) {
      await commit(operation);
      operation = kv.atomic();
      [keys, keyBytes, bytes] = [0, 0, 0];
    }
    if (value === undefined) operation.delete(key);
    else operation.set(key, written);
    keys++;
    keyBytes += keySize;
    bytes += size;
  }
  if (keys > 0) await commit(operation);
}

/** About how many bytes a value takes; rather too many. */
function sizeOf(value: unknown): number {
  if (Array.isArray(value) && typeof value[0] === "number") return 12 * value.length + 64;
  if (value instanceof Object && "states" in value && value.states instanceof Uint8Array) {
    return value.states.length + 256;
  }
  return 2 * JSON.stringify(value).length + 64;
}
