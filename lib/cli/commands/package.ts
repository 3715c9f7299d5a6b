// Writes the npm package: the commands as bundled JavaScript, because Deno runs no TypeScript inside node_modules, the
// files that PGlite loads, and the program that starts the commands.
import denoJson from "../../../deno.json" with { type: "json" };
import { Failure } from "../../failure.ts";
import { packageFile } from "../package_files.ts";
import { resolve } from "node:path";
import { BIN, manifest, nodeModule } from "./npm_package.ts";

/** The files that PGlite loads from its own folder. */
const PGLITE_FILES = ["pglite.wasm", "pglite.data", "initdb.wasm"];

/** Tasks that are useful only in the repository. */
const REPOSITORY_ONLY = new Set(["docs", "package"]);

/** Workers, bundled separately because no command imports them: one parses job files, the other compresses. */
const WORKERS = ["lib/cli/launch/access_worker.ts", "lib/archive/compressor_worker.ts"];

/** The modules that programs import. */
const LIBRARY = ["mod.ts", "deploy.ts"];

/** Writes the package into a folder. */
export async function writePackage(out: string): Promise<void> {
  // Chunks of an earlier version have other names, and would be packed too.
  for (const part of ["bin", "config", "lib/bundle", "types"]) await removeFolder(`${out}/${part}`);
  await Deno.mkdir(`${out}/bin`, { recursive: true });
  await Deno.mkdir(`${out}/config`, { recursive: true });
  const commands = (await filesOf("tasks", /\.ts$/))
    .filter((file) => !REPOSITORY_ONLY.has(file.replace(/^tasks\/|\.ts$/g, "")));
  await bundle(`${out}/lib/bundle`, commands);
  await bundle(`${out}/lib/bundle`, LIBRARY);
  for (const worker of WORKERS) await bundle(`${out}/lib/bundle`, [worker]);
  const pglite = import.meta.resolve("@electric-sql/pglite");
  for (const name of PGLITE_FILES) {
    await Deno.copyFile(new URL(name, pglite), `${out}/lib/bundle/${name}`);
  }
  for (const file of await filesOf("config", /\.(yaml|json)$/)) {
    await Deno.copyFile(packageFile(file), `${out}/${file}`);
  }
  await Deno.writeTextFile(`${out}/bin/hindcast.mjs`, BIN, { mode: 0o755 });
  await writeTypes(`${out}/types`);
  for (const entry of LIBRARY) {
    const names = Object.keys(await import(`file://${packageFile(entry)}`));
    await Deno.writeTextFile(
      `${out}/lib/bundle/${entry.replace(".ts", "_node.js")}`,
      nodeModule(names),
    );
  }
  await Deno.writeTextFile(`${out}/package.json`, manifest(denoJson));
  for (const file of ["README.md", "LICENSE"]) {
    await Deno.copyFile(packageFile(file), `${out}/${file}`);
  }
}

async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The names of the files of a folder of the repository that match, with the folder. */
async function filesOf(folder: string, pattern: RegExp): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(packageFile(folder))) {
    if (pattern.test(name)) names.push(`${folder}/${name}`);
  }
  return names.sort();
}

/** Writes the declarations of what programs import, as `deno pack` makes them. */
async function writeTypes(out: string): Promise<void> {
  await Deno.mkdir(out, { recursive: true });
  const archive = resolve(out, "library.tgz");
  await run(Deno.execPath(), ["pack", "--quiet", "--allow-dirty", "--output", archive]);
  const onlyTypes = ["--wildcards", "--strip-components=1", "*.d.ts"];
  await run("tar", ["-xzf", archive, "-C", resolve(out), ...onlyTypes]);
  await Deno.remove(archive);
}

async function bundle(out: string, modules: readonly string[]): Promise<void> {
  await run(Deno.execPath(), [
    ...["bundle", "--quiet", "--platform", "deno", "--code-splitting", "--minify"],
    ...["--outdir", resolve(out), ...modules.map(packageFile)],
  ]);
}

/** Runs a program in the repository, and reports its first line of errors where it fails. */
async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd: packageFile("."),
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw new Failure("configuration", `Cannot write the package: ${program} failed: ${reason}`);
}
