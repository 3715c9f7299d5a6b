// `deno task console`: serves a page that shows coverage, the run in progress, errors, limits and runs of a job,
// on a server also during runs. It is read-only, unless --allow-actions lets its page fetch failed windows again.
import { type Flags, helpText, readArguments } from "../lib/cli/arguments.ts";
import { showConsole } from "../lib/cli/commands/console.ts";
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { jobFileOf, openJob } from "../lib/cli/open_job.ts";

const ABOUT = `Serves a page that shows the state of a job, read-only. HINDCAST_CONSOLE_PASSWORD
sets a password, which is required if other machines can reach the address.`;

const FLAGS: Flags = {
  port: {
    kind: "value",
    value: "N",
    about: "Port to listen on. Default: HINDCAST_CONSOLE_PORT, or 8001.",
  },
  hostname: { kind: "value", value: "H", about: "Address to listen on. Default: 127.0.0.1." },
  "allow-actions": {
    kind: "switch",
    about: "Add a button that fetches a failed window again.",
  },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("console [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  return await showConsole(await openJob(jobFileOf(argv)), args);
}

if (import.meta.main) await runCommand(main);
