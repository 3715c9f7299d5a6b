// `deno task doctor`: checks everything that a run needs, one line each, with what to do where a check fails. It
// sends one request to the API and leaves nothing behind.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { doctor } from "../lib/cli/commands/doctor.ts";
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { jobFileOf } from "../lib/cli/open_job.ts";

const ABOUT = "Checks everything that a run needs, and shows what to do if a check fails.";

const FLAGS: Flags = {
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
  json: { kind: "switch", about: "Print one JSON object: {ok, items: [{name, ok, found, do}]}." },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("doctor [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  return await doctor(jobFileOf(argv), args.has("json"));
}

if (import.meta.main) await runCommand(main);
