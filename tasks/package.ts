// `deno task package`: writes the npm package into a folder, ready for `npm pack`. The commands are
// bundled as JavaScript with every package they import, because Deno runs no TypeScript inside
// node_modules; the files that PGlite loads are beside the bundle.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { writePackage } from "../lib/cli/commands/package.ts";

const ABOUT = "Writes the npm package, to be packed with npm pack.";

const FLAGS: Flags = {
  out: { kind: "value", value: "DIR", about: "Folder to write. Default: ./data/package." },
};

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("package [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const out = args.value("out") ?? "./data/package";
  await writePackage(out);
  console.log(`wrote ${out}\nnext   npm pack ${out}`);
  return EXIT.done;
}

if (import.meta.main) await runCommand(main);
