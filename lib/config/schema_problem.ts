// Owns the words for what the schema refuses: zod's issues become sentences that say what was expected,
// what was found and what was probably meant. It never shows the value of a variable or a secret, and
// never says "invalid input": of a union it follows the alternative that was meant.
import { didYouMean } from "./did_you_mean.ts";
import { type FlatIssue, type Issue, valueAt } from "./schema_issue.ts";

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
  const quotes = unquoted(value);
  return [{ path, message: withGuess(message, issue, value) + quotes, point: "value" }];
}

/** What to add where a placeholder was written without quotes, which YAML reads as a map. */
function unquoted(value: unknown): string {
  const name = unquotedPlaceholder(value);
  return name === undefined ? "" : `; a text that begins with a brace needs quotes: "{${name}}"`;
}

/** The inside of a placeholder that YAML has read as a map of one key without a value. */
export function unquotedPlaceholder(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const [[key, inside] = [], ...others] = Object.entries(value);
  const isOne = others.length === 0 && inside === null && key !== undefined;
  return isOne && /^(from|to|last|before|page|offset|params\.\w+|each\.[\w.]+)(\|.*)?$/.test(key)
    ? key
    : undefined;
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
