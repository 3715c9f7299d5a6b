// Reads a job from its file: files, tree, variables, schema, cross-checks, in that order, and collects
// the problems of all steps in one failure. It never reads files or the environment itself; both are
// passed in. Invariant: a job that is returned has no problem that `check` would report.
import type { Env } from "./yaml/env.ts";
import { readJobTree, type ReadText } from "./yaml/include.ts";
import type { Job } from "./schema/job.ts";
import { jobSchema, type ParsedJob } from "./schema/job_schema.ts";
import {
  ConfigurationFailure,
  type Finding,
  type Place,
  type Problem,
  problemOf,
} from "./yaml/problem.ts";
import { resolveJob } from "./resolve/job.ts";
import { partialJob } from "./schema/partial_job.ts";
import { type FlatIssue, flatIssues, keepKnownKeys, valueAt } from "./schema/issue.ts";
import { type PathProblem, schemaProblems } from "./schema/issue_sentence.ts";
import { withCurrentKeys } from "./schema/renamed_key.ts";
import { isAboveSecrets, secretAt } from "./schema/secret.ts";
import type { YamlNode } from "./yaml/node.ts";
import { sentVariables } from "./variables.ts";
import { partOf, placeOf, type PlainValue, plainValue } from "./tree_values.ts";

/** Maximum number of problems in one failure. */
const MOST_PROBLEMS = 200;

/** A job is parsed once: compiling the schema to code, as zod does, would take longer than it saves. */
const PARSING = { error: keepKnownKeys, jitless: true } as const;

/** The dependencies of reading a job. */
export interface ReadJobDeps {
  /** Reads a file as text; throws if it cannot. */
  readText: ReadText;
  /** Looks an environment variable up. */
  env: Env;
}

/** A job with the tree it was read from. */
export interface JobReading {
  /** The job, or undefined if there are problems. */
  readonly job: Job | undefined;
  /** The merged tree of its files, or undefined if the file cannot be read. */
  readonly root: YamlNode | undefined;
  /** All problems, in the order of the files. */
  readonly problems: readonly Problem[];
  /** Keys with a name of earlier versions, which still work. */
  readonly oldKeys: readonly Problem[];
}

/**
 * Reads a job file and the files it includes.
 *
 * @throws {ConfigurationFailure} with all problems of the job.
 */
export async function readJob(file: string, deps: ReadJobDeps): Promise<Job> {
  const { job, problems } = await inspectJob(file, deps);
  if (job !== undefined) return job;
  const hint = problems.every(({ line }) => line === 0)
    ? "Check that it is the path of a job file"
    : "See docs/config.md, and run deno task check";
  throw new ConfigurationFailure(file, problems, hint);
}

/** Reads a job file and the files it includes; returns the problems instead of throwing them. */
export async function inspectJob(file: string, deps: ReadJobDeps): Promise<JobReading> {
  const notes: Finding[] = [];
  const { root, findings } = await readJobTree(file, deps.readText, (root) => {
    const current = withCurrentKeys(root);
    notes.push(...current.notes);
    return current;
  });
  const oldKeys = notes.map((note) => problemOf(note));
  if (root === undefined && findings.length === 0) {
    findings.push({ place: file, message: "the file is empty" });
  }
  if (root === undefined) {
    return { job: undefined, root, oldKeys, problems: inOrder(findings, [], file) };
  }
  const plain = plainValue(root, deps.env);
  const found = parseJob(plain);
  const unread = found.problems.filter(({ hidesRest }) => hidesRest === true);
  findings.push(...plain.findings.filter(({ path }) => !isBelow(path, unread)));
  const known = new Set(findings.map(placeId));
  for (const { path, message, point, part = "" } of found.problems) {
    const finding = { place: partOf(placeOf(root, path, point), part), message };
    // A mistake in the YAML or in a variable may be the cause of this one.
    if (!known.has(placeId(finding))) findings.push(finding);
  }
  if (findings.length > 0 || found.job === undefined) {
    return { job: undefined, root, oldKeys, problems: inOrder(findings, plain.secrets, file) };
  }
  const usedVariables = plain.variables;
  const job = { ...found.job, file, usedVariables, sentVariables: sentVariables(root, deps.env) };
  return { job, root, oldKeys, problems: [] };
}

function placeId({ place }: Finding): string {
  return typeof place === "string" ? place : `${place.source.file}:${place.offset}`;
}

/** Whether a path is below that of one of the problems. */
function isBelow(path: readonly string[], problems: readonly PathProblem[]): boolean {
  return problems.some((problem) => problem.path.every((key, at) => String(key) === path[at]));
}

/** The job, if the schema accepts it, and the problems that the schema and the cross-checks find. */
function parseJob(plain: PlainValue): { job: ParsedJob | undefined; problems: PathProblem[] } {
  let { value } = plain;
  let result = jobSchema.safeParse(value, PARSING);
  if (!result.success && plain.fromEnv.size > 0) {
    value = withTypes(value, flatIssues(result.error.issues, value), plain.fromEnv);
    result = jobSchema.safeParse(value, PARSING);
  }
  if (result.success) return { job: result.data, problems: resolveJob(result.data) };
  const shown = (path: readonly PropertyKey[], found: unknown) => shownValue(plain, path, found);
  const issues = flatIssues(result.error.issues, value);
  const { job, unread } = partialJob(value, issues);
  const between = job === undefined ? [] : resolveJob(job, unread);
  return { job: undefined, problems: [...schemaProblems(issues, value, shown), ...between] };
}

/** The input with variables converted where the schema requires a number or a boolean. */
function withTypes(
  value: unknown,
  issues: readonly FlatIssue[],
  fromEnv: ReadonlySet<string>,
): unknown {
  const copy = structuredClone(value);
  for (const { issue: { code }, path } of issues) {
    const text = valueAt(copy, path);
    const holder = valueAt(copy, path.slice(0, -1)) as Record<PropertyKey, unknown>;
    if (code !== "invalid_type" || typeof text !== "string") continue;
    if (!fromEnv.has(JSON.stringify(path.map(String)))) continue;
    if (/^-?\d+(\.\d+)?$/.test(text)) holder[path.at(-1)!] = Number(text);
    else if (text === "true" || text === "false") holder[path.at(-1)!] = text === "true";
  }
  return copy;
}

function shownValue(
  plain: PlainValue,
  path: readonly PropertyKey[],
  value: unknown,
): string | undefined {
  const keys = path.map(String);
  if (secretAt(keys) !== undefined) return undefined;
  if (plain.fromEnv.has(JSON.stringify(keys))) return "another value in the variable";
  if (typeof value === "string" && isAboveSecrets(keys)) return undefined;
  if (value === null) return "null";
  const empty = typeof value === "object" && Object.keys(value).length === 0;
  if (Array.isArray(value)) return empty ? "an empty list" : "a list";
  if (typeof value === "object") return empty ? "an empty mapping" : "a mapping";
  const text = String(value);
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return typeof value === "string" ? JSON.stringify(short) : short;
}

/** Distinct problems by file (the top one first), line and column, up to a bound. */
function inOrder(
  findings: readonly Finding[],
  secrets: readonly Place[],
  file: string,
): Problem[] {
  const problems = findings.slice(0, 2 * MOST_PROBLEMS).map((found) => problemOf(found, secrets));
  const unique = new Map(
    problems.map((problem) =>
      [`${problem.file}:${problem.line}:${problem.column}:${problem.message}`, problem] as const
    ),
  );
  const sorted = [...unique.values()].sort((a, b) =>
    Number(a.file !== file) - Number(b.file !== file) || a.file.localeCompare(b.file) ||
    a.line - b.line || a.column - b.column
  );
  const more = findings.length - MOST_PROBLEMS;
  if (sorted.length <= MOST_PROBLEMS) return sorted;
  const rest = problemOf({ place: file, message: `and about ${more} more problems` });
  return [...sorted.slice(0, MOST_PROBLEMS), rest];
}
