// `deno task probe FILE`: sends one real request of one stream and shows what becomes of the response, so that a job
// can be written without guessing. It writes no rows, and opens the database only for the query of a `for_each` and to
// count its requests against the limits that runs share.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { probe } from "../lib/cli/commands/probe.ts";
import type { Job } from "../lib/config/schema/job.ts";
import { flagOf } from "../lib/config/schema/params.ts";
import { openJobOf } from "../lib/cli/command_job.ts";

const ABOUT =
  "Sends one real request and shows the response, the rows it produces and what cannot be cast.";

const FLAGS: Flags = {
  stream: {
    kind: "value",
    value: "S",
    about: "Stream to request. Default: one without dates, if there is any.",
  },
  date: {
    kind: "value",
    value: "D",
    about: "First day of the window: 2015-01-31, yesterday, -7d.",
  },
  "from-archive": {
    kind: "switch",
    about: "Show an archived response instead: of the newest window, or of --date.",
  },
  config: {
    kind: "value",
    value: "FILE",
    about: "Job file; it may also be the first argument.",
  },
  json: { kind: "switch", about: "Print one JSON object." },
};

async function main(argv: string[]): Promise<number> {
  const job = await openJobOf(argv, FLAGS);
  const flags = { ...FLAGS, ...paramFlags(job) };
  const given = readArguments(argv, flags);
  if (job === undefined || given.has("help")) {
    console.log(helpText("probe [FILE] [options]", ABOUT, flags));
    return EXIT.done;
  }
  return await probe(job, given);
}

function paramFlags(job: Job | undefined): Flags {
  return Object.fromEntries(
    Object.entries(job?.params ?? {}).map(([name, { list, about }]) => [flagOf(name), {
      kind: list ? "list" : "value",
      about: about ?? `Value of the parameter ${name}.`,
    }]),
  );
}

if (import.meta.main) await runCommand(main);
