// Owns what is done so that one mistake does not hide another: the parts of a job that the schema
// refuses are cut out of a copy, until the rest is a job whose parts can be checked against each other.
// The result is for checking only and is never run.
import { jobSchema, type ParsedJob } from "./job_schema.ts";
import { valueAt } from "./schema_problem.ts";
import type { z } from "zod";

/** A job as far as the schema accepts it. */
export interface Salvage {
  /** The rest, or undefined where nothing can be made of it. */
  readonly job: ParsedJob | undefined;
  /** What was cut out: `tables`, `tables.NAME` and the like. */
  readonly unread: ReadonlySet<string>;
}

/** Rounds of cutting; each removes all that the schema then refuses. */
const MOST_ROUNDS = 6;

const STAND_INS: Readonly<Record<string, unknown>> = {
  job: "job",
  source: "https://unread.example",
  tables: {},
  streams: {},
};

/** Cuts out of a job what the issues of its parse are about. */
export function salvage(input: unknown, issues: readonly z.core.$ZodIssue[]): Salvage {
  const unread = new Set<string>();
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return { job: undefined, unread };
  }
  const rest = structuredClone(input) as Record<string, unknown>;
  let left = issues;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const issue of left) cut(rest, issue, unread);
    const result = jobSchema.safeParse(rest);
    if (result.success) return { job: result.data, unread };
    left = result.error.issues;
  }
  return { job: undefined, unread };
}

function cut(
  rest: Record<string, unknown>,
  issue: z.core.$ZodIssue,
  unread: Set<string>,
): void {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) remove(valueAt(rest, path), key);
    return;
  }
  const [section = "", name, part, column, more] = path;
  if (name === undefined || !["tables", "streams", "params", "checks"].includes(section)) {
    unread.add(section);
    if (Object.hasOwn(STAND_INS, section)) rest[section] = structuredClone(STAND_INS[section]);
    else remove(rest, section);
  } else if (section === "tables" && part === "columns" && column !== undefined) {
    const columns = valueAt(rest, path.slice(0, 3)) as Record<string, unknown>;
    if (issue.code === "invalid_key" || more === undefined && columns[column] === "text") {
      remove(columns, column);
    } else columns[column] = "text";
  } else {
    unread.add(`${section}.${name}`);
    remove(rest[section], name);
  }
}

function remove(holder: unknown, key: string): void {
  if (typeof holder === "object" && holder !== null) {
    delete (holder as Record<string, unknown>)[key];
  }
}
