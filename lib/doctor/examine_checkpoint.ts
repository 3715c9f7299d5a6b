// Owns the question whether checkpoints can be kept: a value is written under a key of its own, read back
// and removed. It touches nothing of any job.
import { commit, openKv, readValue } from "../checkpoint/open_kv.ts";
import { fine, type Item, problem, problemOf } from "./item.ts";

/** Apart from the keys of jobs, which go on with a number. */
const KEY = ["hindcast", "doctor"];

/** Opens the store, writes, reads, and closes it; undefined is the platform's own. */
export async function examineCheckpoint(path: string | undefined): Promise<Item> {
  const where = path ?? "Deno KV";
  try {
    using kv = await openKv(path);
    const key = [...KEY, crypto.randomUUID()];
    await commit(kv.atomic().set(key, "well"));
    const read = await readValue(kv, key);
    await commit(kv.atomic().delete(key));
    if (read === "well") return fine("checkpoint", `${where} can be read and written`);
    return problem("checkpoint", `${where} forgets what is written`, "Set BACKFILL_KV to a file");
  } catch (error) {
    return problemOf("checkpoint", error, "Set BACKFILL_KV to a file that may be written");
  }
}
