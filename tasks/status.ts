// `deno task status`: coverage, gaps, failed windows, rows and last runs, per stream. It reads the
// checkpoint and the target and sends no request to the API.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { showStatus } from "../lib/cli/commands/status.ts";
import type { Job } from "../lib/config/schema/job.ts";
import { openJobOf } from "../lib/cli/command_job.ts";
import { openStores } from "../lib/cli/open_job.ts";
import { asksForHelp } from "../lib/cli/default_job.ts";
import { selectionFlags } from "../lib/cli/run_options.ts";

const ABOUT = "Shows the state of a job: coverage, gaps, failed windows, rows and the last runs.";

/** The range in which gaps are looked for: that of the last run, unless it is given. */
const RANGE_FLAGS: Flags = {
  "start-date": {
    kind: "value",
    value: "D",
    about:
      "Show gaps from this day: 2015-01-01, today, yesterday, -7d. Default: the last run's first day.",
  },
  "end-date": {
    kind: "value",
    value: "D",
    about: "Show gaps up to this day. Default: the last run's last day.",
  },
};

async function main(argv: string[]): Promise<number> {
  // Opening the database takes a while, so it starts before the job is read.
  const opening = asksForHelp(argv) ? undefined : openStores();
  opening?.catch(() => {});
  const job = await openJobOf(argv, statusFlags(undefined));
  const flags = statusFlags(job);
  const args = readArguments(argv, flags);
  if (job === undefined || args.has("help")) {
    console.log(helpText("status [options]", ABOUT, flags));
    return EXIT.done;
  }
  await using stores = await (opening ?? openStores());
  return await showStatus(job, stores, args);
}

/** The flags that select streams and parameters, with those of `status`. */
function statusFlags(job: Job | undefined): Flags {
  return {
    ...selectionFlags(job),
    details: {
      kind: "switch",
      about:
        "Also list ranges, failed windows, tables and runs; always if stdout is not a terminal.",
    },
    watch: {
      kind: "switch",
      about: "Refresh every 2 s in place, with the progress of a running backfill.",
    },
    json: { kind: "switch", about: "Print one JSON object." },
    ...RANGE_FLAGS,
  };
}

if (import.meta.main) await runCommand(main);
