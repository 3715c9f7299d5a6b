// Owns the issues of a parse by the schema before they become words: their paths from the top of the job,
// and which alternative of a union was meant. It never words anything.
import type { z } from "zod";
import { fixedKeys, schemaShape } from "./shape.ts";

/** An issue of a parse. */
export type Issue = z.core.$ZodIssue;

/** Most keys of a map that are named where it is none. */
const MOST_NAMED_KEYS = 6;

/** Keeps the keys that a map knows in the message of an issue about unknown keys, and those it needs in one about what is no map. */
export const keepKnownKeys: z.core.$ZodErrorMap = (issue) => {
  const inst = issue.inst as z.core.$ZodType | undefined;
  if (inst === undefined) return undefined;
  const keys = fixedKeys(inst);
  if (issue.code === "unrecognized_keys") return keys && Object.keys(keys).join(" ");
  if (issue.code !== "invalid_type" && issue.code !== "invalid_union") return undefined;
  if (typeof issue.input === "object" && issue.input !== null) return undefined;
  const teller = tellingKey(inst);
  if (teller !== undefined) return `expected a map with ${teller}`;
  if (keys === undefined) return undefined;
  const known = Object.keys(keys);
  const needed = known.filter((key) => !schemaShape(keys[key]!).optional);
  if (needed.length > 0) return `expected a map with ${needed.join(" and ")}`;
  return known.length > MOST_NAMED_KEYS ? undefined : `expected a map with ${oneOf(known)}`;
};

/** The key by which alternatives are told apart, if there is one. */
function tellingKey(schema: z.core.$ZodType): string | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === "union" && "discriminator" in def ? String(def.discriminator) : undefined;
}

function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

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

/** What a value holds at a path, or undefined. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<PropertyKey, unknown>)[key];
  }
  return found;
}
