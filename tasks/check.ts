// `deno task check`: reads job files and prints all problems of each, or the job with its defaults. It
// contacts neither the API nor the database, and requires no variable that holds a secret.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { check } from "../lib/cli/commands/check.ts";

const FLAGS: Flags = {
  explain: { kind: "switch", about: "Print the job as YAML with all defaults filled in." },
  config: { kind: "value", value: "FILE", about: "Job file, as for the other commands." },
  json: { kind: "switch", about: "Print one JSON object: {ok, files: [{file, ok, problems}]}." },
};

const ABOUT = `Checks job files and prints every problem with its line and column.
Without FILE it checks the job that other commands use. Exits with 2 if there is a problem.`;

/** Maximum number of files on one command line. */
const MOST_FILES = 1000;

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS, MOST_FILES);
  if (args.has("help")) {
    console.log(helpText("check [FILE...]", ABOUT, FLAGS));
    return EXIT.done;
  }
  return await check(args);
}

if (import.meta.main) await runCommand(main);
