// An embedded database that is created once for all test files of a process and copied for each test: creating one
// takes seconds, copying it a tenth of a second. A copy counts as another database: Hindcast gives it a new stamp.
import { openTarget } from "../../lib/upsert/open_target.ts";

/** Test files do not share modules, but they share the environment of their process. */
const VARIABLE = "HINDCAST_TEST_PGLITE";

/** Removes a folder when the process is gone. */
const GUARD = `(
  trap '' HUP
  while kill -0 "$1"; do sleep 1; done
  rm -rf "$2"
) </dev/null >/dev/null 2>&1 &`;

/** Puts an empty embedded database into a folder that does not exist yet. */
export async function copyPglite(folder: string): Promise<void> {
  const template = Deno.env.get(VARIABLE) ?? await make();
  const { success } = await new Deno.Command("cp", { args: ["-r", template, folder] }).output();
  if (!success) throw new Error(`Cannot copy ${template} to ${folder}`);
}

async function make(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "hindcast-pglite-" });
  await new Deno.Command("sh", { args: ["-c", GUARD, "guard", `${Deno.pid}`, folder] }).output();
  const target = await openTarget(`pglite:${folder}/db`);
  await target[Symbol.asyncDispose]();
  Deno.env.set(VARIABLE, `${folder}/db`);
  return `${folder}/db`;
}
