// Checks whether checkpoints can be stored: writes a value under a separate key, reads it back and deletes
// it. It never touches the keys of a job.
import { commit, openKv, readValue } from "../checkpoint/open_kv.ts";
import { fine, type Item, problem, problemOf } from "./item.ts";

/** Distinct from the keys of jobs, whose second part is a number. */
const KEY = ["hindcast", "doctor"];

/** Opens the store, writes, reads and closes it; undefined is the store of the platform. */
export async function examineCheckpoint(path: string | undefined): Promise<Item> {
  const where = path ?? "Deno KV";
  try {
    using kv = await openKv(path);
    const key = [...KEY, crypto.randomUUID()];
    await commit(kv.atomic().set(key, "ok"));
    const read = await readValue(kv, key);
    await commit(kv.atomic().delete(key));
    if (read === "ok") return fine("checkpoint", `${where} can be read and written`);
    return problem(
      "checkpoint",
      `${where} does not return what was written`,
      "Set BACKFILL_KV to a file",
    );
  } catch (error) {
    return problemOf("checkpoint", error, "Set BACKFILL_KV to a writable file");
  }
}
