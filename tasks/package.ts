// `deno task package`: writes the npm package into a folder, ready for `npm pack`. The commands are
// bundled as JavaScript with every package they import, because Deno runs no TypeScript inside
// node_modules; the files that PGlite loads lie beside the bundle.
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { packageFile } from "../lib/cli/package_files.ts";
import { Failure } from "../lib/failure.ts";

const ABOUT = "Writes the npm package, to be packed with npm pack.";

const FLAGS: Flags = {
  out: { kind: "value", value: "DIR", about: "Folder to write. Default: ./data/package." },
};

/** The files that PGlite loads from its own folder. */
const PGLITE_FILES = ["pglite.wasm", "pglite.data", "initdb.wasm"];

/** Tasks that are of use in the repository only. */
const REPOSITORY_ONLY = new Set(["docs", "package"]);

/** The worker in which the launcher parses job files; bundled apart, since no command imports it. */
const ACCESS_WORKER = "lib/cli/launch/access_worker.ts";

/** The version of Deno that runs the commands; the tests of the repository run on it too. */
const DENO_VERSION = "2.9.6";

async function main(argv: string[]): Promise<number> {
  const args = readArguments(argv, FLAGS);
  if (args.has("help")) {
    console.log(helpText("package [options]", ABOUT, FLAGS));
    return EXIT.done;
  }
  const out = args.value("out") ?? "./data/package";
  await Deno.mkdir(`${out}/bin`, { recursive: true });
  await Deno.mkdir(`${out}/config`, { recursive: true });
  const commands = (await filesOf("tasks", /\.ts$/))
    .filter((file) => !REPOSITORY_ONLY.has(file.replace(/^tasks\/|\.ts$/g, "")));
  await bundle(`${out}/lib/bundle`, commands);
  await bundle(`${out}/lib/bundle`, [ACCESS_WORKER]);
  const pglite = import.meta.resolve("@electric-sql/pglite");
  for (const name of PGLITE_FILES) {
    await Deno.copyFile(new URL(name, pglite), `${out}/lib/bundle/${name}`);
  }
  for (const file of await filesOf("config", /\.(yaml|json)$/)) {
    await Deno.copyFile(packageFile(file), `${out}/${file}`);
  }
  await Deno.writeTextFile(`${out}/bin/hindcast.mjs`, BIN, { mode: 0o755 });
  await Deno.writeTextFile(`${out}/package.json`, await manifest());
  for (const file of ["README.md", "LICENSE"]) {
    await Deno.copyFile(packageFile(file), `${out}/${file}`);
  }
  console.log(`wrote ${out}\nnext   npm pack ${out}`);
  return EXIT.done;
}

/** The names of the files of a folder of the repository that match, with the folder. */
async function filesOf(folder: string, pattern: RegExp): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(packageFile(folder))) {
    if (pattern.test(name)) names.push(`${folder}/${name}`);
  }
  return names.sort();
}

async function bundle(out: string, modules: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "deno", "--code-splitting", "--minify"],
      ...["--outdir", out, ...modules.map(packageFile)],
    ],
    cwd: packageFile("."),
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw new Failure("configuration", `Cannot bundle the commands: ${reason}`);
}

async function manifest(): Promise<string> {
  const { version, license } = JSON.parse(
    await Deno.readTextFile(packageFile("deno.json")),
  ) as { version: string; license: string };
  return JSON.stringify(
    {
      name: "hindcast",
      version,
      license,
      description: "Declarative backfills of date-queryable, rate-limited APIs into PostgreSQL",
      keywords: ["backfill", "etl", "api", "postgresql", "rate-limit"],
      type: "module",
      bin: { hindcast: "bin/hindcast.mjs" },
      files: ["bin", "lib", "config"],
      engines: { node: ">=18" },
      dependencies: { deno: DENO_VERSION },
    },
    null,
    2,
  ) + "\n";
}

/** Starts the launcher under the Deno that npm installed; signals reach it as they reach this process. */
const BIN = `#!/usr/bin/env node
// Starts Hindcast's launcher under the Deno of the npm package "deno"; it does nothing else.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const isDeno = "Deno" in globalThis;
const deno = isDeno
  ? Deno.execPath()
  : createRequire(import.meta.url)("deno/install_api.cjs").runInstall();
if (isDeno) process.env.HINDCAST_COMMAND ??= "deno task";
const launcher = fileURLToPath(new URL("../lib/bundle/launch.js", import.meta.url));
const child = spawn(deno, [
  ...["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-npm"],
  ...["--unstable-worker-options", "--allow-read", "--allow-env", "--allow-run"],
  ...[launcher, ...process.argv.slice(2)],
], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(\`error: Cannot start Deno: \${error.message}\`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
`;

if (import.meta.main) await runCommand(main);
