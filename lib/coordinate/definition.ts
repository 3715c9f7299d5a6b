// Owns the comparison of two job files that are to share a run: a digest of each of their parts, so that the run
// need not keep the job itself. Comments, the order of keys and the name of the file do not matter, nor do
// credentials: each machine may have its own, and a digest in the database would let its readers guess them. Pure.
import { createHash } from "node:crypto";
import type { Job } from "../config/schema/job.ts";

/** Digests of the parts of a job by their names, such as `source` or `streams.orders`. */
export type Definition = Readonly<Record<string, string>>;

/** Parts that are compared entry by entry. */
const DIVIDED: ReadonlySet<string> = new Set(["streams", "tables"]);
/** The keys that say where a job was read from. */
const UNCOMPARED: ReadonlySet<string> = new Set(["file", "usedVariables", "sentVariables"]);

/** Digests the parts of a job. */
export function definitionOf(job: Job): Definition {
  const parts = Object.entries({ ...job, source: withoutCredentials(job.source) }).filter((
    [name],
  ) => !UNCOMPARED.has(name));
  return Object.fromEntries(
    parts.flatMap(([name, part]) =>
      DIVIDED.has(name)
        ? Object.entries(part as object).map(([key, value]) => [`${name}.${key}`, digest(value)])
        : [[name, digest(part)]]
    ),
  );
}

/** A URL holds none: it must not contain a user name or password. */
function withoutCredentials({ auth: _auth, headers: _headers, ...source }: Job["source"]) {
  return source;
}

/** The names of the parts that differ, in order; none if the jobs are equal. */
export function differences(one: Definition, other: Definition): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => one[name] !== other[name]).sort();
}

function digest(value: unknown): string {
  const text = JSON.stringify(value, (_key, part) => isMapping(part) ? sorted(part) : part) ?? "";
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(mapping: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(mapping).sort(([one], [other]) => one < other ? -1 : 1),
  );
}
