// `deno task errors`: lists failed windows and rejected rows, with the reason and what to do. `--clear`
// deletes them; failed windows stay gaps, and the next `--resume` over their dates fetches them.
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import type { Job } from "../lib/config/schema/job.ts";
import { forgetFailures } from "../lib/upsert/history.ts";
import type { RetryEntry } from "../lib/checkpoint/retry_entry.ts";
import { viewEntry } from "../lib/checkpoint/snapshot.ts";
import { formatCount, oneLine } from "../lib/report/text/format.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { jobFileOf, openJob, openStores, print, type Stores } from "../lib/cli/open_job.ts";
import { retryLines } from "../lib/cli/lines/retry_lines.ts";

const ABOUT = "Lists failed windows and rejected rows, with the reason and what to do.";

const FLAGS: Flags = {
  clear: { kind: "switch", about: "Delete them from the list; failed windows stay gaps." },
  only: { kind: "list", value: "STREAM", about: "List the errors of these streams only." },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
  json: { kind: "switch", about: "Print one JSON array." },
};

/** Rejected rows shown of one window; `--json` shows all that are kept. */
const ROWS_SHOWN = 10;

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("errors [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const job = await openJob(jobFileOf(argv));
  await using stores = await openStores();
  const checkpoint = stores.checkpoint(job);
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
  if (entries.length > 0) print(`\n${(await retryLines(job, checkpoint, entries)).join("\n")}`);
  return EXIT.done;
}

/** Deletes all entries, here and in the database, so that no restored checkpoint brings them back. */
async function clear(job: Job, stores: Stores, json: boolean): Promise<number> {
  const holder = { run: "errors --clear", host: Deno.hostname(), pid: Deno.pid };
  await using _lock = await stores.target.lock(job.job, holder);
  await forgetFailures(stores.target, job.job);
  const cleared = await stores.checkpoint(job).clearRetryEntries();
  console.log(json ? JSON.stringify({ cleared }) : `deleted: ${formatCount(cleared, "error")}`);
  return EXIT.done;
}

function entryLines(entry: RetryEntry): string[] {
  const view = viewEntry(entry);
  const days = view.window === null ? "" : ` ${[...new Set(view.window)].join(" .. ")}`;
  const each = entry.each === "" ? "" : ` ${entry.each}`;
  const lines = [
    `${entry.stream}${each}${days}   ${entry.kind} at ${entry.at.slice(0, 19)}Z: ${entry.reason}`,
  ];
  if (entry.hint !== undefined) lines.push(`  hint: ${entry.hint}`);
  for (const { table, column, reason, value } of entry.rejected.slice(0, ROWS_SHOWN)) {
    const where = column === null ? table : `${table}.${column}`;
    lines.push(`  ${where}: ${reason}${value === "" ? "" : `: ${value.slice(0, 200)}`}`);
  }
  const more = entry.rejected.length - ROWS_SHOWN;
  if (more > 0) lines.push(`  and ${formatCount(more, "row")} more, see --json`);
  return lines.map(oneLine);
}

if (import.meta.main) await runCommand(main);
