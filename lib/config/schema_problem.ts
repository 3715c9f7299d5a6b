// Owns the words for what the schema refuses: zod's issues become sentences that say what was expected,
// what was found and what was probably meant. It never shows the value of a variable or a secret, and
// never says "invalid input": of a union it follows the alternative that was meant.
import type { z } from "zod";
import { didYouMean } from "./did_you_mean.ts";
import { fixedKeys } from "./schema_shape.ts";

/** Something wrong at a path of a job. */
export interface PathProblem {
  /** Keys and indexes from the top of the job. */
  readonly path: readonly PropertyKey[];
  /** What is the case. */
  readonly message: string;
  /** Whether the key is meant, or what it holds. */
  readonly point: "key" | "value";
  /** The part of a text that is meant, where it is not the whole. */
  readonly part?: string;
}

/** Says what a value is, for "found ..."; undefined where it must not be shown. */
export type Shown = (path: readonly PropertyKey[], value: unknown) => string | undefined;

type Issue = z.core.$ZodIssue;

/** Unknown keys of one map that are reported: a file of nothing else is no job at all. */
const MOST_UNKNOWN_KEYS = 200;

/** Words that people use for the names of types and the like. */
const SYNONYMS: Readonly<Record<string, string>> = {
  string: "text",
  varchar: "text",
  char: "text",
  int: "integer",
  int4: "integer",
  int8: "bigint",
  long: "bigint",
  decimal: "numeric",
  number: "numeric",
  float: "double",
  real: "double",
  bool: "boolean",
  datetime: "timestamptz",
  json: "jsonb",
  object: "jsonb",
  array: "jsonb",
  overwrite: "replace",
  update: "replace",
  coalesce: "fill",
  ignore: "keep",
  max: "greatest",
  min: "least",
  newest: "latest",
  skip: "offset",
  limit: "offset",
  link: "link_header",
  next: "next_link",
  token: "cursor",
  jsonl: "ndjson",
  tsv: "csv",
};

/** Keeps the keys that a map knows in the message of an issue about unknown keys. */
export const keepKnownKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== "unrecognized_keys" || issue.inst === undefined) return undefined;
  return Object.keys(fixedKeys(issue.inst as z.core.$ZodType) ?? {}).join(" ");
};

/** An issue with its path from the top; of a union, an issue of the alternative that was meant. */
export interface FlatIssue {
  /** The issue; its own path may be relative. */
  readonly issue: Issue;
  /** Keys and indexes from the top of the input. */
  readonly path: readonly PropertyKey[];
}

/** The issues of a parse with unions followed; the parse must have used `keepKnownKeys`. */
export function flatIssues(
  issues: readonly Issue[],
  input: unknown,
  above: readonly PropertyKey[] = [],
): FlatIssue[] {
  return issues.flatMap((issue): FlatIssue[] => {
    const path = [...above, ...issue.path];
    if (issue.code !== "invalid_union") return [{ issue, path }];
    const meant = meantIssues(issue, valueAt(input, path));
    return meant === undefined ? [{ issue, path }] : flatIssues(meant, input, path);
  });
}

/** What an issue says, in words. */
export function schemaProblems(
  { issue, path }: FlatIssue,
  input: unknown,
  shown: Shown,
): PathProblem[] {
  if (issue.code === "unrecognized_keys") return unknownKeys(issue, path);
  if (issue.code === "invalid_key") {
    return [{ path, message: issue.issues[0]?.message ?? issue.message, point: "key" }];
  }
  const value = valueAt(input, path);
  if (value === undefined) {
    const key = String(path.at(-1) ?? "job");
    return [{ path: path.slice(0, -1), message: `the key "${key}" is missing`, point: "key" }];
  }
  const found = shown(path, value);
  const message = expectation(issue) + (found === undefined ? "" : `, found ${found}`);
  return [{ path, message: withGuess(message, issue, value), point: "value" }];
}

function unknownKeys(
  issue: Extract<Issue, { code: "unrecognized_keys" }>,
  path: readonly PropertyKey[],
): PathProblem[] {
  const known = issue.message.split(" ").filter((key) => key !== "");
  return issue.keys.slice(0, MOST_UNKNOWN_KEYS).map((key) => {
    const guess = didYouMean(key, known) ?? `expected one of ${known.join(", ")}`;
    return { path: [...path, key], message: `unknown key "${key}"; ${guess}`, point: "key" };
  });
}

/** The issues of the alternative that the value was meant to be, or undefined if it is like none. */
function meantIssues(
  issue: Extract<Issue, { code: "invalid_union" }>,
  value: unknown,
): Issue[] | undefined {
  const near = issue.errors.filter((issues) => !issues.some(isOfAnotherKind));
  const [best] = near.toSorted((a, b) => a.length - b.length);
  if (best === undefined) return undefined;
  const own = issue.message.startsWith("expected ");
  const scalar = typeof value !== "object" || value === null;
  return own && scalar ? undefined : best;
}

function isOfAnotherKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.every((all) => all.some(isOfAnotherKind));
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
  null: "nothing",
};

function expectation(issue: Issue): string {
  if (issue.message.startsWith("expected ")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${listed(issue.values.map(String))}`;
    case "too_small":
      return `expected at least ${issue.minimum}`;
    case "too_big":
      return `expected at most ${issue.maximum}`;
    case "invalid_union":
      return `expected ${unionExpectation(issue)}`;
    default:
      return issue.message;
  }
}

function unionExpectation(issue: Extract<Issue, { code: "invalid_union" }>): string {
  const options = "options" in issue && Array.isArray(issue.options) ? issue.options : undefined;
  if (options !== undefined) return listed(options.map(String));
  const kinds = issue.errors.flatMap((issues) => issues.slice(0, 1)).map((first) =>
    expectation(first).replace(/^expected (one of )?/, "")
  );
  return [...new Set(kinds)].join(" or ");
}

function listed(values: readonly string[]): string {
  return values.length === 1 ? `"${values[0]}"` : `one of ${values.join(", ")}`;
}

function withGuess(message: string, issue: Issue, value: unknown): string {
  if (typeof value !== "string") return message;
  const values = enumValues(issue);
  if (values.length === 0) return message;
  const synonym = SYNONYMS[value.toLowerCase()];
  const guess = synonym !== undefined && values.includes(synonym)
    ? `did you mean "${synonym}"?`
    : didYouMean(value, values);
  return guess === undefined ? message : `${message}; ${guess}`;
}

function enumValues(issue: Issue): string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code !== "invalid_union") return [];
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map(String);
  return issue.errors.flat().flatMap(enumValues);
}

/** What a value holds at a path, or undefined. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<PropertyKey, unknown>)[key];
  }
  return found;
}
