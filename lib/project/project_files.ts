// Owns the files of a new project: what `hindcast new` writes into an empty folder. Pure; it is given the
// texts of jobs and writes nothing itself.

/** What a project begins with. */
export interface ProjectStart {
  /** Name of the job, and of its file in `jobs/`. */
  readonly name: string;
  /** Text of the job file. */
  readonly job: string;
  /** Text of the JSON Schema of jobs, for editors. */
  readonly schema: string;
  /** Version of Hindcast that the project uses. */
  readonly version: string;
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
];

/** The files of a project by their paths. */
export function projectFiles(start: ProjectStart): Map<string, string> {
  const { name, job, schema, version } = start;
  return new Map([
    ["deno.json", denoJson(version)],
    [`jobs/${name}.yaml`, job],
    ["jobs/job.schema.json", schema],
    ["main.ts", mainModule(name)],
    [".env.example", envExample(job)],
    [".gitignore", "/data/\n/logs/\n/node_modules/\n.env\n.env.local\n"],
    ["README.md", readme(name)],
  ]);
}

/** A job for an API that does not exist yet, to be changed into one that does. */
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

function denoJson(version: string): string {
  const start = `deno run --allow-read --allow-env --allow-run npm:hindcast@${version}`;
  const tasks = Object.fromEntries(TASKS.map((task) => [task, `${start} ${task}`]));
  const imports = { "@hindcast/hindcast": `jsr:@hindcast/hindcast@^${version}` };
  return `${JSON.stringify({ unstable: ["kv", "cron"], imports, tasks }, null, 2)}\n`;
}

/** The entry point of the project's app on Deno Deploy. */
function mainModule(name: string): string {
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

function readme(name: string): string {
  return `# ${name}

Backfills an API into PostgreSQL with Hindcast; the job is jobs/${name}.yaml.

    cp .env.example .env.local   # and fill it in
    deno task check              # is the job correct?
    deno task probe              # one real request, and the rows that it becomes
    deno task backfill           # fetch everything; --resume continues
    deno task verify             # compare coverage with the database
    deno task cron               # keep it up to date
`;
}
