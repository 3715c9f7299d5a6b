// `deno task demo`: all of Hindcast without any settings. It starts the sandbox of The Racing API with its
// real limits and the embedded database, backfills the last 14 days, verifies them, and prints what to do
// next. It uses only ./data/demo, and recreates it each time.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { demo } from "../lib/cli/commands/demo.ts";

const ABOUT =
  "Backfills 14 days from a local sandbox into an embedded database. Requires no settings.";

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, {});
  if (args.has("help")) {
    console.log(helpText("demo", ABOUT, {}));
    return EXIT.done;
  }
  return await demo(args.has("verbose"));
}

if (import.meta.main) await runCommand(main);
