// Owns what `errors` does once its arguments are read: it lists the windows to fetch again, or deletes them
// from the list, here and in the database, so that no restored checkpoint brings them back.
import type { Arguments } from "../arguments.ts";
import type { Job } from "../../config/schema/job.ts";
import { EXIT } from "../exit.ts";
import { openStores, print, type Stores } from "../open_job.ts";
import { formatCount } from "../../report/text/format.ts";
import { forgetFailures } from "../../upsert/history.ts";
import { viewEntry } from "../../checkpoint/snapshot.ts";
import { acceptFields } from "../../upsert/field_table.ts";
import { driftLines, driftOf } from "../lines/drift_lines.ts";
import { retryLines } from "../lines/retry_lines.ts";
import { entryLines } from "../lines/error_lines.ts";

/** Lists the errors of a job, or deletes them; resolves to the exit code. */
export async function errors(job: Job, args: Arguments): Promise<number> {
  await using stores = await openStores();
  const checkpoint = await stores.checkpoint(job);
  const only = args.list("only");
  const entries = (await checkpoint.retryEntries())
    .filter((entry) => only.length === 0 || only.includes(entry.stream));
  if (args.has("clear")) return await clear(job, stores, args.has("json"));
  if (args.has("json")) {
    console.log(JSON.stringify(entries.map((entry) => ({
      stream: entry.stream,
      scope: entry.scope,
      kind: entry.kind,
      ...viewEntry(entry),
      rejected: entry.rejected,
    }))));
    return EXIT.done;
  }
  print(entries.length === 0 ? "no errors" : entries.flatMap(entryLines).join("\n"));
  const drift = (await driftOf(stores.target, job))
    .filter(({ stream }) => only.length === 0 || only.includes(stream));
  if (drift.length > 0) print(`\n${driftLines(drift).join("\n")}`);
  if (entries.length > 0) print(`\n${(await retryLines(job, checkpoint, entries)).join("\n")}`);
  return EXIT.done;
}

/** Deletes all entries, here and in the database, so that no restored checkpoint brings them back. */
async function clear(job: Job, stores: Stores, json: boolean): Promise<number> {
  const holder = { run: "errors --clear", host: Deno.hostname(), pid: Deno.pid };
  await using _lock = await stores.target.lock(job.job, holder);
  const checkpoint = await stores.checkpoint(job, true);
  await forgetFailures(stores.target, job.job);
  await acceptFields(stores.target, job.job);
  const cleared = await checkpoint.clearRetryEntries();
  console.log(json ? JSON.stringify({ cleared }) : `deleted: ${formatCount(cleared, "error")}`);
  return EXIT.done;
}
