// Ends a command: sets its exit code and prints an error: one sentence about what happened, one about what to do, and
// a stack trace only with --verbose. No other file exits the process.
import { Failure } from "../failure.ts";
import { guardConsole, OutputLost, ReaderLeft } from "./output.ts";
import { namedJob } from "./default_job.ts";
import { asStarted } from "./own_commands.ts";
import { fitText } from "./terminal/fit_text.ts";

/** Exit codes, as docs/reference.md promises them. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130, brokenPipe: 141 } as const;

/** Runs a command and exits with the code that it returns or that its error implies. */
export async function runCommand(main: (argv: string[]) => Promise<number>): Promise<never> {
  const verbose = Deno.args.includes("--verbose");
  guardConsole();
  try {
    Deno.exit(await main([...Deno.args]));
  } catch (error) {
    if (error instanceof ReaderLeft) Deno.exit(EXIT.brokenPipe);
    if (Deno.args.includes("--json") && !(error instanceof OutputLost)) {
      console.log(JSON.stringify(errorObject(error)));
    }
    printError(error, verbose);
    Deno.exit(exitCode(error));
  }
}

/** What `--json` prints if a command ends with an error. */
function errorObject(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof Failure ? error : undefined;
  const hint = known?.hint === undefined ? null : asStarted(known.hint, namedJob(Deno.args));
  return { ok: false, error: { kind: known?.kind ?? "bug", message, hint } };
}

/** Writes an error to stderr. */
export function printError(error: unknown, verbose = false): void {
  const lines = error instanceof Failure
    ? [`error: ${error.message}`, ...(error.hint === undefined ? [] : [`hint: ${error.hint}`])]
    : error instanceof OutputLost
    ? [`error: ${error.message}`, "hint: Free the disk, or send stdout elsewhere; rows are kept"]
    : [
      `error: Cannot continue: ${error instanceof Error ? error.message : String(error)}`,
      "hint: This is a bug in Hindcast; run the command with --verbose and report the output",
    ];
  if (verbose && error instanceof Error) lines.push(error.stack ?? "", causeOf(error));
  const text = asStarted(lines.filter((line) => line !== "").join("\n"), namedJob(Deno.args));
  console.error(fitText(text, Deno.stderr));
}

function causeOf(error: Error): string {
  return error.cause instanceof Error
    ? `caused by: ${error.cause.stack ?? error.cause.message}`
    : "";
}

function exitCode(error: unknown): number {
  if (!(error instanceof Failure)) return EXIT.failed;
  if (error.kind === "configuration") return EXIT.usage;
  return error.kind === "interrupted" ? EXIT.interrupted : EXIT.failed;
}
