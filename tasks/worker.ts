// `deno task worker`: joins the run of a job that is in progress, on this machine or another, and shares its
// windows. Ctrl+C returns its claims.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { work } from "../lib/cli/commands/worker.ts";
import { JOB_ABOUT } from "../lib/cli/default_job.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { jobFileOf, openJob } from "../lib/cli/open_job.ts";
import { Failure } from "../lib/failure.ts";

const ABOUT = "Joins the run of a job that is in progress, and shares its windows.";

const FLAGS: Flags = {
  name: {
    kind: "value",
    value: "NAME",
    about:
      "Name shown in its lines and in status. Default: the name of the machine and the process ID.",
  },
  wait: {
    kind: "value",
    value: "SECONDS",
    about: "How long to wait for a run to start, or an update to continue. Default: 30.",
  },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("worker [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const wait = args.value("wait") ?? "30";
  const waitSeconds = Number(wait);
  if (!(waitSeconds >= 0)) {
    throw new Failure("configuration", `Cannot read --wait: "${wait}" is not a number of seconds`, {
      hint: "Pass the number of seconds to wait for a run: --wait 60",
    });
  }
  const job = await openJob(jobFileOf(argv));
  const name = args.value("name") ?? `${Deno.hostname()}:${Deno.pid}`;
  return await work(job, { name, waitSeconds });
}

if (import.meta.main) await runCommand(main);
