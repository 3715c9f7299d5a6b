// `deno task errors`: lists failed windows and rejected rows, with the reason and what to do. `--clear`
// deletes them; failed windows stay gaps, and the next `--resume` over their dates fetches them.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { errors } from "../lib/cli/commands/errors.ts";
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { jobFileOf, openJob } from "../lib/cli/open_job.ts";

const ABOUT = "Lists failed windows and rejected rows, with the reason and what to do.";

const FLAGS: Flags = {
  clear: { kind: "switch", about: "Delete them from the list; failed windows stay gaps." },
  only: { kind: "list", value: "STREAM", about: "List the errors of these streams only." },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
  json: { kind: "switch", about: "Print one JSON array." },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("errors [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  return await errors(await openJob(jobFileOf(argv)), args);
}

if (import.meta.main) await runCommand(main);
