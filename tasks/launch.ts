// The program behind every task of deno.json and every command of the npm package: it starts the command
// that its first argument names.
//
// The launcher itself may read files and the environment and run programs. `--allow-run=deno` would not be
// narrower: a process that may run Deno may run it with any permission, and the name could resolve to
// another Deno or, under npx, to a wrapper that does not forward signals.
import { launch } from "../lib/cli/launch/launch.ts";

if (import.meta.main) Deno.exit(await launch(Deno.args));
