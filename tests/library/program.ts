// Owns programs of other people: a folder with its own deno.json that imports Hindcast as a registry would
// offer it, and a process that runs in it with the permissions that it is given and without the environment
// of this one.
import { REPOSITORY } from "../support/repository.ts";
import { type TempDir, tempDir } from "../support/temp.ts";

/** Creates a folder with these files and a deno.json that knows Hindcast as `@hindcast/hindcast`. */
export async function programFolder(files: Readonly<Record<string, string>>): Promise<TempDir> {
  const folder = tempDir();
  const own = JSON.parse(await Deno.readTextFile(`${REPOSITORY}deno.json`));
  // The packages of the library, as a registry would resolve them; nothing else of the repository.
  const packages = Object.entries(own.imports as Record<string, string>)
    .filter(([name]) => !name.startsWith("@std"));
  const entries = Object.entries(own.exports as Record<string, string>).map(([name, path]) => [
    `@hindcast/hindcast${name.slice(1)}`,
    `file://${REPOSITORY}${path.slice(2)}`,
  ]);
  const config = {
    unstable: ["kv", "cron"],
    imports: Object.fromEntries([...packages, ...entries]),
  };
  // With the versions of the lock, packages come from the cache without a look at the registry.
  const lock = await Deno.readTextFile(`${REPOSITORY}deno.lock`);
  const made = { "deno.json": JSON.stringify(config), "deno.lock": lock };
  for (const [name, text] of Object.entries({ ...made, ...files })) {
    await Deno.writeTextFile(folder.file(name), text);
  }
  return folder;
}

/** Runs `main.ts` of a folder; flags come before it, arguments after it. */
export async function runProgram(
  folder: TempDir,
  flags: readonly string[],
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--lock=deno.lock", "--cached-only"],
      ...[...flags, "main.ts", ...args],
    ],
    cwd: folder.path,
    clearEnv: true,
    env: {
      PATH: "/usr/bin:/bin",
      HOME: Deno.env.get("HOME")!,
      NO_COLOR: "1",
      DENO_DIR: Deno.env.get("DENO_DIR") ?? "",
      ...env,
    },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
