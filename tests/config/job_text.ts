// Reads job texts in tests: a valid job, changes to it, and the problems of any
// text, without files or an environment.
import { parse, stringify } from "yaml";
import type { Job } from "../../lib/config/schema/job.ts";
import type { Problem } from "../../lib/config/yaml/problem.ts";
import { inspectJob, readJob } from "../../lib/config/read_job.ts";

/** A job without problems, small enough to read at a glance. */
export const FINE = `job: weather
source: https://api.example.com
params:
  regions: { list: true }
tables:
  stations:
    key: id
    columns: { id: text, name: text }
  readings:
    key: id
    columns: { id: text, station_id: text, day: date, value: numeric }
streams:
  readings:
    window: day
    request: { path: /v1/readings, query: { day: "{from}", region: "{params.regions}" } }
    records: data
    rows: readings
`;

/** Files by name; `job.yaml` is the top one. */
export type Files = Readonly<Record<string, string>>;

function deps(files: Files, env: Record<string, string>) {
  return {
    readText: (path: string) => {
      const text = files[path];
      if (text === undefined) throw new Deno.errors.NotFound(path);
      return text;
    },
    env: (name: string) => env[name],
  };
}

/** Reads a job, or several files of one. */
export function read(job: string | Files, env: Record<string, string> = {}): Promise<Job> {
  const files = typeof job === "string" ? { "job.yaml": job } : job;
  return readJob("job.yaml", deps(files, env));
}

/** The problems of a job. */
export async function problems(
  job: string | Files,
  env: Record<string, string> = {},
): Promise<readonly Problem[]> {
  const files = typeof job === "string" ? { "job.yaml": job } : job;
  return (await inspectJob("job.yaml", deps(files, env))).problems;
}

/** The problems of a job as `line:column message`. */
export async function messages(
  job: string | Files,
  env: Record<string, string> = {},
): Promise<string[]> {
  return (await problems(job, env)).map(({ line, column, message }) =>
    `${line}:${column} ${message}`
  );
}

/** The messages of the fine job with a value set at dotted keys; undefined removes the key. */
export async function messagesWith(changes: Record<string, unknown>): Promise<string[]> {
  return (await problems(changed(changes))).map(({ message }) => message);
}

/** The fine job with values set at dotted keys. */
export function changed(changes: Record<string, unknown>): string {
  const job = parse(FINE);
  for (const [keys, value] of Object.entries(changes)) {
    const path = keys.split(".");
    const last = path.pop()!;
    let holder = job;
    for (const key of path) {
      if (typeof holder[key] !== "object") holder[key] = {};
      holder = holder[key];
    }
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
  return stringify(job);
}
