// Prepares the issues that the schema reports: it makes their paths absolute and decides which alternative
// of a union was meant. The messages are written in issue_sentence.ts.
import type { z } from "zod";
import { fixedKeys, schemaShape } from "./shape.ts";

/** An issue of a parse. */
export type Issue = z.core.$ZodIssue;

/** Maximum number of keys that are listed where a mapping is expected. */
const MOST_NAMED_KEYS = 6;

/** Adds the known keys to issues about unknown keys, and the required ones where a mapping is expected. */
export const keepKnownKeys: z.core.$ZodErrorMap = (issue) => {
  const inst = issue.inst as z.core.$ZodType | undefined;
  if (inst === undefined) return undefined;
  const keys = fixedKeys(inst);
  if (issue.code === "unrecognized_keys") return keys && Object.keys(keys).join(" ");
  if (issue.code !== "invalid_type" && issue.code !== "invalid_union") return undefined;
  if (typeof issue.input === "object" && issue.input !== null) return undefined;
  const key = discriminator(inst);
  if (key !== undefined) return `expected a mapping with ${key}`;
  if (keys === undefined) return undefined;
  const known = Object.keys(keys);
  const needed = known.filter((key) => !schemaShape(keys[key]!).optional);
  if (needed.length > 0) return `expected a mapping with ${needed.join(" and ")}`;
  return known.length > MOST_NAMED_KEYS ? undefined : `expected a mapping with ${oneOf(known)}`;
};

/** The key that distinguishes the alternatives of a union, if there is one. */
function discriminator(schema: z.core.$ZodType): string | undefined {
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

/** The issues of the alternative that was probably meant, or undefined if the value resembles none. */
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

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<PropertyKey, unknown>)[key];
  }
  return found;
}
