// `deno task checkpoint --rebuild`: restores coverage from what the target recorded with the rows, for a
// checkpoint that was lost, deleted or damaged. A file that cannot be read is kept under another name.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { rebuild } from "../lib/cli/commands/rebuild.ts";
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { Failure } from "../lib/failure.ts";
import { jobFileOf, openJob } from "../lib/cli/open_job.ts";

const ABOUT = "Restores a checkpoint that was lost or damaged from what the database recorded.";

const FLAGS: Flags = {
  rebuild: { kind: "switch", about: "Replace coverage with what the database can prove." },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
  json: { kind: "switch", about: "Print one JSON object: {target, moved, streams}." },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("checkpoint --rebuild [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  if (!args.has("rebuild")) {
    throw new Failure("configuration", "Cannot run checkpoint: --rebuild is not given", {
      hint: "Replace coverage with what the database can prove: deno task checkpoint --rebuild; " +
        "see it with deno task status",
    });
  }
  return await rebuild(await openJob(jobFileOf(argv)), args.has("json"));
}

if (import.meta.main) await runCommand(main);
