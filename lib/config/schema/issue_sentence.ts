// Words the issues that the schema reports: what was expected, what was found and what was probably
// meant. It never shows the value of a variable or a secret, and never says "invalid input": for a union
// it reports the alternative that was meant.
import { didYouMean, suggest } from "../../did_you_mean.ts";
import { type FlatIssue, type Issue, valueAt } from "./issue.ts";

/** A problem at a path of a job. */
export interface PathProblem {
  /** Keys and indexes from the top of the job. */
  readonly path: readonly PropertyKey[];
  /** What is wrong. */
  readonly message: string;
  /** Whether the problem concerns the key or its value. */
  readonly point: "key" | "value";
  /** The part of a string that the problem concerns, if not the whole. */
  readonly part?: string;
  /** Whether the value cannot be checked further: its key is unknown, or its type is wrong. */
  readonly hidesRest?: boolean;
}

/** Describes a value, for "found ..."; undefined if it must not be shown. */
export type Shown = (path: readonly PropertyKey[], value: unknown) => string | undefined;

/** Maximum number of unknown keys that are reported per mapping. */
const MOST_UNKNOWN_KEYS = 200;

/** Common synonyms of types and other keywords. */
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

/**
 * The problems that the issues describe.
 *
 * A misspelled key is not also reported as missing, and a file without any key of a job is one problem.
 */
export function schemaProblems(
  issues: readonly FlatIssue[],
  input: unknown,
  shown: Shown,
): PathProblem[] {
  const foreign = issues.find((issue) => isForeign(issue, input));
  if (foreign !== undefined) return [notAJob(input, shown)];
  const meant = new Set<string>();
  const unknown = issues.flatMap(({ issue, path }) =>
    issue.code === "unrecognized_keys" ? unknownKeys(issue, path, meant) : []
  );
  const others = issues.filter(({ issue, path }) =>
    issue.code !== "unrecognized_keys" && !meant.has(JSON.stringify(path.map(String)))
  );
  return [...unknown, ...others.map((issue) => schemaProblem(issue, input, shown))];
}

function schemaProblem({ issue, path }: FlatIssue, input: unknown, shown: Shown): PathProblem {
  if (issue.code === "invalid_key") {
    const message = issue.issues[0]?.message ?? issue.message;
    return { path, message: withName(message, path.at(-1)), point: "key" };
  }
  const value = valueAt(input, path);
  if (value === undefined) {
    const key = String(path.at(-1) ?? "job");
    return { path: path.slice(0, -1), message: `the key "${key}" is missing`, point: "key" };
  }
  const found = shown(path, value);
  const message = expectation(issue) + (found === undefined ? "" : `, found ${found}`);
  const hidesRest = issue.code === "invalid_type" && COLLECTIONS.has(issue.expected);
  const guessed = withGuess(withName(message, value), issue, value);
  return { path, message: guessed, point: "value", hidesRest };
}

/** The message with the name that a word with hyphens, dots or blanks would be. */
function withName(message: string, word: unknown): string {
  if (!message.startsWith("expected a name") || typeof word !== "string") return message;
  const name = word.trim().replace(/[-.\s]+/g, "_");
  const isName = /^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/.test(name) && name !== word;
  return isName ? `${message}; did you mean "${name}"?` : message;
}

const COLLECTIONS: ReadonlySet<string> = new Set(["object", "record", "array"]);

/** Whether the file is not a job: not a mapping, or one without a key that resembles those of a job. */
function isForeign({ issue, path }: FlatIssue, input: unknown): boolean {
  if (path.length > 0) return false;
  if (issue.code !== "unrecognized_keys") return issue.code === "invalid_type";
  const known = knownKeys(issue);
  const keys = Object.keys(input as object);
  return !keys.some((key) => known.includes(key)) &&
    keys.slice(0, MOST_UNKNOWN_KEYS).every((key) => suggest(key, known) === undefined);
}

function notAJob(input: unknown, shown: Shown): PathProblem {
  const found = Array.isArray(input) || typeof input !== "object" || input === null
    ? `found ${shown([], input) ?? "something else"}`
    : "but the file has none of these keys";
  const message =
    `this is not a job file: expected a mapping with job, source, tables and streams, ${found}`;
  return { path: [], message, point: "value" };
}

function knownKeys(issue: Extract<Issue, { code: "unrecognized_keys" }>): string[] {
  return issue.message.split(" ").filter((key) => key !== "");
}

/** Unknown keys; the paths of the keys that were probably meant are added to `meant`. */
function unknownKeys(
  issue: Extract<Issue, { code: "unrecognized_keys" }>,
  path: readonly PropertyKey[],
  meant: Set<string>,
): PathProblem[] {
  const known = knownKeys(issue);
  return issue.keys.slice(0, MOST_UNKNOWN_KEYS).map((key) => {
    const guess = suggest(key, known);
    if (guess !== undefined) meant.add(JSON.stringify([...path.map(String), guess]));
    const what = guess === undefined
      ? `expected one of ${known.join(", ")}`
      : `did you mean "${guess}"?`;
    const message = `unknown key "${key}"; ${what}`;
    return { path: [...path, key], message, point: "key", hidesRest: true };
  });
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  null: "null",
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
  const placeholder = unquotedPlaceholder(value);
  if (placeholder !== undefined) return `${message}; a placeholder needs quotes: "${placeholder}"`;
  if (typeof value !== "string") return message;
  const values = enumValues(issue);
  if (values.length === 0) return message;
  const synonym = SYNONYMS[value.toLowerCase()];
  const guess = synonym !== undefined && values.includes(synonym)
    ? `did you mean "${synonym}"?`
    : didYouMean(value, values);
  return guess === undefined ? message : `${message}; ${guess}`;
}

/** The placeholder that YAML reads as a mapping with one empty key because it has no quotes. */
export function unquotedPlaceholder(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const [entry, second] = Object.entries(value);
  if (entry === undefined || second !== undefined || entry[1] !== null) return undefined;
  return /^(from|to|last|before|page|offset|params\.|each\.)/.test(entry[0])
    ? `{${entry[0]}}`
    : undefined;
}

function enumValues(issue: Issue): string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code !== "invalid_union") return [];
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map(String);
  return issue.errors.flat().flatMap(enumValues);
}
