// Removes the parts of a job that the schema refuses from a copy, until the rest is a valid job whose
// parts can be cross-checked, so that one mistake does not hide another. The result is never run.
import { jobSchema, type ParsedJob } from "./job_schema.ts";
import { suggest } from "../../did_you_mean.ts";
import { type FlatIssue, flatIssues, keepKnownKeys, valueAt } from "./issue.ts";
import type { z } from "zod";

/** The part of a job that the schema accepts. */
export interface PartialJob {
  /** The job, or undefined if no part of it can be used. */
  readonly job: ParsedJob | undefined;
  /** The removed parts: `tables`, `tables.NAME` and the like. */
  readonly unread: ReadonlySet<string>;
}

/** Maximum number of rounds; each removes everything that the schema then refuses. */
const MOST_ROUNDS = 6;
/** Maximum number of unknown keys per mapping that are guessed at; others are removed. */
const MOST_RENAMED = 200;

const STAND_INS: Readonly<Record<string, unknown>> = {
  job: "job",
  source: "https://unread.example",
  tables: {},
  streams: {},
};

/** Removes the parts of a job that the issues of its parse concern. */
export function partialJob(input: unknown, issues: readonly FlatIssue[]): PartialJob {
  const unread = new Set<string>();
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return { job: undefined, unread };
  }
  const rest = structuredClone(input) as Record<string, unknown>;
  let left = issues;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const { issue, path } of left) cut(rest, path.map(String), issue, unread);
    const result = jobSchema.safeParse(rest, { error: keepKnownKeys });
    if (result.success) return { job: result.data, unread };
    left = flatIssues(result.error.issues, rest);
  }
  return { job: undefined, unread };
}

function cut(
  rest: Record<string, unknown>,
  path: string[],
  issue: z.core.$ZodIssue,
  unread: Set<string>,
): void {
  const [section = "", name] = path;
  if (issue.code === "unrecognized_keys") renameKeys(valueAt(rest, path), issue);
  else if (section === "source" && name !== undefined) cutSource(rest, path, unread);
  else if (name === undefined || !["tables", "streams", "params", "checks"].includes(section)) {
    unread.add(section);
    if (Object.hasOwn(STAND_INS, section)) rest[section] = structuredClone(STAND_INS[section]);
    else remove(rest, section);
  } else if (!cutColumn(rest, path, issue) && !cutStream(rest, path, unread)) {
    unread.add(`${section}.${name}`);
    remove(rest[section], name);
  }
}

/** Renames an unknown key to the one that was probably meant, or removes it. */
function renameKeys(
  holder: unknown,
  issue: Extract<z.core.$ZodIssue, { code: "unrecognized_keys" }>,
): void {
  if (typeof holder !== "object" || holder === null) return;
  const known = issue.message.split(" ");
  for (const [at, key] of issue.keys.entries()) {
    const meant = at < MOST_RENAMED ? suggest(key, known) : undefined;
    const value = (holder as Record<string, unknown>)[key];
    remove(holder, key);
    if (meant === undefined || Object.hasOwn(holder, meant)) continue;
    (holder as Record<string, unknown>)[meant] = value;
  }
}

function cutSource(rest: Record<string, unknown>, path: string[], unread: Set<string>): void {
  const [, key = ""] = path;
  const source = rest.source;
  if (key === "url" || typeof source !== "object" || source === null) {
    unread.add("source");
    const map = typeof source === "object" && source !== null ? source : {};
    rest.source = { ...map, url: STAND_INS.source };
  } else remove(source, key);
}

/** Replaces an unreadable column by a readable one, so that references to it still resolve. */
function cutColumn(
  rest: Record<string, unknown>,
  path: string[],
  issue: z.core.$ZodIssue,
): boolean {
  const at = path.indexOf("columns");
  const [columns, column] = [valueAt(rest, path.slice(0, at + 1)), path[at + 1]];
  if (at < 0 || column === undefined || typeof columns !== "object" || columns === null) {
    return false;
  }
  const stands = path[0] === "tables" ? "text" : "unread";
  const map = columns as Record<string, unknown>;
  if (issue.code === "invalid_key" || map[column] === stands) remove(columns, column);
  else map[column] = stands;
  return true;
}

/** Removes one key of a stream, if the stream is valid without it. */
function cutStream(
  rest: Record<string, unknown>,
  path: string[],
  unread: Set<string>,
): boolean {
  const [section, name, key = "", ...below] = path;
  if (section !== "streams" || key === "") return false;
  if (key !== "rows") {
    unread.add(`streams.${name}.${key}`);
    remove(valueAt(rest, path.slice(0, 2)), key);
    return true;
  }
  const part = below.find((step) => ["each", "when", "merge"].includes(step));
  if (part === undefined) return false;
  remove(valueAt(rest, path.slice(0, path.indexOf(part))), part);
  return true;
}

function remove(holder: unknown, key: string): void {
  if (typeof holder === "object" && holder !== null) {
    delete (holder as Record<string, unknown>)[key];
  }
}
