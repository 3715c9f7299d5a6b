// `deno task archive`: verifies, prunes or exports the archive of a job's responses.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { ARCHIVE_ACTIONS, useArchive } from "../lib/cli/commands/archive.ts";
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { jobFileOf, openJob } from "../lib/cli/open_job.ts";
import { suggest } from "../lib/did_you_mean.ts";
import { Failure } from "../lib/failure.ts";

const ABOUT = [
  "Verifies, prunes or exports the archive of a job's responses.",
  "",
  ...Object.entries(ARCHIVE_ACTIONS).map(([name, about]) => `  ${name.padEnd(8)}${about}`),
].join("\n");

const FLAGS: Flags = {
  keep: {
    kind: "value",
    value: "T",
    about: "prune: age up to which files are kept, such as 400d.",
  },
  all: { kind: "switch", about: "prune: also delete files that another database archived." },
  only: { kind: "list", value: "STREAM", about: "export: records of these streams only." },
  "start-date": { kind: "value", value: "D", about: "export: first day, such as 2024-01-31." },
  "end-date": { kind: "value", value: "D", about: "export: last day." },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
  json: { kind: "switch", about: "verify, prune: print one JSON object." },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS, 1);
  if (args.has("help")) {
    console.log(helpText("archive verify|prune|export [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const [action] = args.rest;
  if (action === undefined || !Object.hasOwn(ARCHIVE_ACTIONS, action)) throw noAction(action);
  return await useArchive(await openJob(jobFileOf(argv)), action, args);
}

function noAction(action: string | undefined): Failure {
  const names = Object.keys(ARCHIVE_ACTIONS);
  const near = action === undefined ? undefined : suggest(action, names);
  return new Failure(
    "configuration",
    action === undefined
      ? "Cannot use the archive: no action is given"
      : `Cannot use the archive: "${action}" is not an action`,
    { hint: near === undefined ? `Name one: ${names.join(", ")}` : `Did you mean "${near}"?` },
  );
}

if (import.meta.main) await runCommand(main);
