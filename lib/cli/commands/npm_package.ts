// Owns the files of the npm package that are neither bundled nor copied: its manifest, the program that starts the
// launcher under Deno, and what Node imports instead of the library. Pure.

/** The version of Deno that runs the commands; the tests of the repository run on it too. */
const DENO_VERSION = "2.9.6";

/** The manifest of the package, as the text of its package.json. */
export function manifest({ version, license }: { version: string; license: string }): string {
  return JSON.stringify(
    {
      name: "hindcast",
      version,
      license,
      description: "Declarative backfills of date-queryable, rate-limited APIs into PostgreSQL",
      keywords: ["backfill", "etl", "api", "postgresql", "rate-limit"],
      type: "module",
      bin: { hindcast: "bin/hindcast.mjs" },
      exports: {
        ".": entryOf("mod"),
        "./deploy": entryOf("deploy"),
        "./package.json": "./package.json",
      },
      files: ["bin", "lib", "config", "types"],
      engines: { node: ">=18" },
      dependencies: { deno: DENO_VERSION },
    },
    null,
    2,
  ) + "\n";
}

/** What an import of the library loads: under Deno the bundle, elsewhere the module of `nodeModule`. */
function entryOf(name: string): Record<string, string> {
  return {
    types: `./types/${name}.d.ts`,
    deno: `./lib/bundle/${name}.js`,
    default: `./lib/bundle/${name}_node.js`,
  };
}

/** The module that Node imports instead of the library: it exports the same names, which throw. */
export function nodeModule(names: readonly string[]): string {
  return `function requiresDeno() {
  throw new Error(
    "Cannot use the library hindcast in Node: it requires Deno; run the program with Deno, or the commands with npx hindcast",
  );
}
export { ${names.map((name) => `requiresDeno as ${name}`).join(", ")} };
`;
}

/** Starts the launcher under the Deno that npm installed; signals reach it as they reach this process. */
export const BIN = `#!/usr/bin/env node
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
