// Owns the files of a new project: what `hindcast new` writes into an empty folder. Pure; it is given the
// texts of jobs and writes nothing itself.

/** What a project begins with. */
export interface ProjectStart {
  /** Name of the job, and of its file in `jobs/`. */
  readonly name: string;
  /** Text of the job file; undefined for a project that begins without one. */
  readonly job: string | undefined;
  /** Text of the JSON Schema of jobs, for editors. */
  readonly schema: string;
  /** Version of Hindcast that the project uses. */
  readonly version: string;
  /** What a task of the project runs, without the name of the command. */
  readonly program: string;
  /** Whether that comes from the npm package, which is then a dependency of the project. */
  readonly isInstalled: boolean;
  /** How the reader starts a command, such as `deno task`. */
  readonly prefix: string;
}

/** Commands that become tasks of the project. */
const TASKS = [
  "backfill",
  "status",
  "errors",
  "verify",
  "doctor",
  "probe",
  "check",
  "query",
  "cron",
  "init",
];

/** The files of a project by their paths. */
export function projectFiles(start: ProjectStart): Map<string, string> {
  const { name, job, prefix } = start;
  const ofJob = job === undefined ? [] : [[`jobs/${name}.yaml`, job], ["main.ts", main(name)]];
  const dependency = start.isInstalled ? [["package.json", packageJson(start.version)]] : [];
  return new Map([
    ["deno.json", denoJson(start)],
    ...dependency as [string, string][],
    ...ofJob as [string, string][],
    ["jobs/job.schema.json", start.schema],
    [".env.example", envExample(job ?? "")],
    [".gitignore", "/data/\n/logs/\n/node_modules/\n.env\n.env.local\n"],
    ["README.md", readme(job === undefined ? undefined : name, prefix)],
  ]);
}

/** A job for a placeholder API, to be changed for a real one. */
export const EXAMPLE_JOB = `# yaml-language-server: $schema=job.schema.json
job: example
start: 2024-01-01
source:
  url: https://api.example.com/v1 # the API's address
  auth: { bearer: "\${API_TOKEN}" } # or basic, header, query, oauth2
  limits: 2/s # the rate you are allowed
tables:
  orders:
    key: id
    columns: { id: text, at: timestamptz, amount: numeric }
streams:
  orders:
    request: { path: /orders, query: { date: "{from}" } }
    window: day
    paging: { by: page, page_param: page, size_param: per_page, size: 100 }
    records: data # where the records are in a response
    rows: orders
`;

function denoJson({ version, program }: ProjectStart): string {
  const tasks = Object.fromEntries(TASKS.map((task) => [task, `${program} ${task}`]));
  const imports = { "@hindcast/hindcast": `jsr:@hindcast/hindcast@^${version}` };
  return `${JSON.stringify({ unstable: ["kv", "cron"], imports, tasks }, null, 2)}\n`;
}

function packageJson(version: string): string {
  const dependencies = { hindcast: `^${version}` };
  return `${JSON.stringify({ private: true, type: "module", dependencies }, null, 2)}\n`;
}

/** The entry point of the project's app on Deno Deploy. */
function main(name: string): string {
  return `// Keeps the job up to date on Deno Deploy: the entry point of the app.
import { serve } from "@hindcast/hindcast/deploy";

serve("jobs/${name}.yaml");
`;
}

/** The variables of a job, to be copied to `.env.local` and filled in. */
function envExample(job: string): string {
  const names = [...job.matchAll(/(?<!\$)\$\{([A-Z_][A-Z0-9_]*)(:-)?/gi)]
    .filter(([, , hasDefault]) => hasDefault === undefined)
    .map(([, name]) => `${name}=`);
  return [
    "# Copy this file to .env.local and fill it in; .env.local stays out of Git.",
    ...new Set(names),
    "# Without DATABASE_URL, rows go to an embedded database in ./data.",
    "# DATABASE_URL=postgres://user:password@localhost:5432/database",
    "",
  ].join("\n");
}

function readme(name: string | undefined, prefix: string): string {
  const commands = [
    ...name === undefined
      ? [[`${prefix} init`, "write a job from questions, a response or an OpenAPI document"]]
      : [],
    ["cp .env.example .env.local", "and fill it in"],
    [`${prefix} check`, "is the job correct?"],
    [`${prefix} probe`, "one real request, and the rows that it becomes"],
    [`${prefix} backfill`, "fetch everything; --resume continues"],
    [`${prefix} verify`, "compare coverage with the database"],
    [`${prefix} cron`, "keep it up to date"],
  ];
  const width = Math.max(...commands.map(([command]) => command!.length));
  const lines = commands.map(([command, what]) => `    ${command!.padEnd(width)}   # ${what}`);
  const job = name === undefined ? "jobs are in jobs/" : `the job is jobs/${name}.yaml`;
  return `# ${name ?? "Backfill"}

Backfills an API into PostgreSQL with Hindcast; ${job}.

${lines.join("\n")}
`;
}
