// Owns the state of the cross-checks: the readable part of the job, the names of the unreadable parts
// (which are never reported as unknown), and the problems found so far. It collects; it never throws.
import { didYouMean } from "../../did_you_mean.ts";
import type { ParsedJob } from "../schema/job_schema.ts";
import type { PathProblem } from "../schema/issue_sentence.ts";

/** A path from the top of the job. */
export type JobPath = readonly PropertyKey[];

/** The state of the cross-checks. */
export class Scope {
  /** Problems found so far. */
  readonly problems: PathProblem[] = [];

  /** A scope over a job; `unread` contains `section.name` of the parts that the schema refused. */
  constructor(readonly job: ParsedJob, readonly unread: ReadonlySet<string> = new Set()) {}

  /** Reports a problem with the value of a key, or with a part of that value. */
  value(path: JobPath, message: string, part = ""): void {
    this.problems.push({ path, message, point: "value", part });
  }

  /** Reports a problem with a key. */
  key(path: JobPath, message: string): void {
    this.problems.push({ path, message, point: "key" });
  }

  /** Reports an unknown name, with a guess or the list of known names. */
  unknown(
    path: JobPath,
    what: string,
    name: string,
    known: Iterable<string>,
    at: { key?: boolean; part?: string } = {},
  ): void {
    const names = [...known];
    const message = `there is no ${what} "${name}"; ${didYouMean(name, names) ?? oneOf(names)}`;
    this.problems.push({
      path,
      message,
      point: at.key === true ? "key" : "value",
      part: at.part ?? "",
    });
  }

  /** An entry of a section; undefined if it does not exist or cannot be read. */
  find<S extends "tables" | "streams" | "params">(
    section: S,
    name: string,
  ): ParsedJob[S][string] | undefined {
    const entries = this.job[section];
    return Object.hasOwn(entries, name) ? entries[name] as ParsedJob[S][string] : undefined;
  }

  /** Whether a key of a stream exists but cannot be read. */
  isCut(stream: string, key: string): boolean {
    return this.unread.has(`streams.${stream}.${key}`);
  }

  /** Whether an entry of a section exists but cannot be read. */
  isUnread(section: "tables" | "streams" | "params", name: string): boolean {
    return this.unread.has(`${section}.${name}`) || this.unread.has(section);
  }
}

function oneOf(names: readonly string[]): string {
  if (names.length === 0) return "none is defined";
  return names.length === 1
    ? `there is only "${names[0]}"`
    : `expected one of ${names.slice(0, 20).join(", ")}`;
}

/** The message of the error that a parser throws, or undefined. */
export function refusal(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return text.charAt(0).toLowerCase() + text.slice(1);
  }
}
