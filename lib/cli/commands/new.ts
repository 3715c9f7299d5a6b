// Owns what `new` does once its arguments are read: it writes the files of a project into a folder that is
// empty or does not exist, and overwrites nothing.
import type { Arguments } from "../arguments.ts";
import { Failure } from "../../failure.ts";
import { EXIT } from "../exit.ts";
import { asStarted, PREFIX, quoted } from "../own_commands.ts";
import { IS_BUNDLED, packageFile } from "../package_files.ts";
import denoJson from "../../../deno.json" with { type: "json" };
import { suggest } from "../../did_you_mean.ts";
import { EXAMPLE_JOB, projectFiles } from "../../project/project_files.ts";

/** Name of the job that a project starts with unless `--from` names another. */
export const EXAMPLE = "example";

/** What `--from` says for a project without a job, which `init` then writes. */
export const NO_JOB = "none";

/** Creates a project in the folder that the arguments name; resolves to the exit code. */
export async function createProject(args: Arguments): Promise<number> {
  const jobs = [EXAMPLE, NO_JOB, ...shippedJobs()];
  const folder = args.rest[0] ?? ask("Folder of the project", "hindcast-project");
  if (folder === undefined) {
    throw new Failure("configuration", "Cannot create a project: no folder is given", {
      hint: "deno task new my-project",
    });
  }
  const name = args.value("from") ??
    (args.rest[0] === undefined
      ? ask(`Job to start from (${jobs.join(", ")})`, EXAMPLE)!
      : EXAMPLE);
  const files = projectFiles({
    name,
    job: await jobText(name, jobs),
    schema: await Deno.readTextFile(packageFile("config/job.schema.json")),
    version: denoJson.version,
    program: program(),
    isInstalled: IS_BUNDLED,
    prefix: PREFIX,
  });
  refuseUsed(folder);
  for (const [path, text] of files) await write(`${folder}/${path}`, text);
  console.log(`created ${folder}: ${[...files.keys()].join(", ")}`);
  console.log(asStarted(next(folder, name), undefined));
  return EXIT.done;
}

/** What the project's tasks run: the installed package, or the repository that created the project. */
function program(): string {
  if (IS_BUNDLED) return "hindcast";
  const start = ["--config", packageFile("deno.json"), packageFile("tasks/launch.ts")];
  return `deno run --allow-read --allow-env --allow-run ${start.map(quoted).join(" ")}`;
}

function next(folder: string, name: string): string {
  return name === NO_JOB
    ? `next   cd ${quoted(folder)}, then deno task init`
    : `next   cd ${quoted(folder)}, edit jobs/${name}.yaml, then deno task check`;
}

/** Asks on a terminal; undefined where there is none. */
function ask(question: string, otherwise: string): string | undefined {
  return Deno.stdin.isTerminal() ? prompt(`${question}:`, otherwise)?.trim() : undefined;
}

/** The names of the jobs in config/. */
function shippedJobs(): string[] {
  return [...Deno.readDirSync(packageFile("config"))]
    .flatMap(({ name }) => /^(\w+)\.yaml$/.exec(name)?.[1] ?? []).sort();
}

async function jobText(name: string, jobs: readonly string[]): Promise<string | undefined> {
  if (name === NO_JOB) return undefined;
  if (name === EXAMPLE) return EXAMPLE_JOB;
  if (jobs.includes(name)) return await Deno.readTextFile(packageFile(`config/${name}.yaml`));
  const near = suggest(name, jobs);
  throw new Failure("configuration", `Cannot start from "${name}": there is no such job`, {
    hint: near === undefined ? `Choose one of ${jobs.join(", ")}` : `Did you mean "${near}"?`,
  });
}

function refuseUsed(folder: string): void {
  let names: string[];
  try {
    names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== ".git");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new Failure(
      "configuration",
      `Cannot create a project in "${folder}": it is not a folder`,
      {
        hint: "Choose another folder",
      },
    );
  }
  if (names.length === 0) return;
  throw new Failure(
    "configuration",
    `Cannot create a project in "${folder}": it contains ${names[0]}`,
    {
      hint: "Choose an empty folder, or one that does not exist",
    },
  );
}

async function write(path: string, text: string): Promise<void> {
  try {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text, { createNew: true });
  } catch (error) {
    const reason = error instanceof Deno.errors.NotCapable
      ? "it is outside this folder"
      : (error as Error).message;
    throw new Failure("configuration", `Cannot write "${path}": ${reason}`, {
      hint: "Choose a folder inside the current one",
    });
  }
}
