// `deno task new DIR`: creates a project folder with a job to start from. It writes into a folder that is
// empty or does not exist, and over nothing.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { createProject, EXAMPLE, NO_JOB } from "../lib/cli/commands/new.ts";

const ABOUT = `Creates a folder with a job, tasks and settings to start from.
On a terminal, it asks for missing arguments.`;

const FLAGS: Flags = {
  from: {
    kind: "value",
    value: "JOB",
    about:
      `Job to start from: ${EXAMPLE} (default), ${NO_JOB}, or one that Hindcast ships, such as earthquakes.`,
  },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS, 1);
  if (args.has("help")) {
    console.log(helpText("new DIR [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  return await createProject(args);
}

if (import.meta.main) await runCommand(main);
