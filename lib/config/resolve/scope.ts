// Owns what every cross-check of a job works with: the job as far as it could be read, what could not
// be read (and so may not be called unknown), and the list of problems found. Collects; never throws.
import { didYouMean } from "../../did_you_mean.ts";
import type { ParsedJob } from "../schema/job_schema.ts";
import type { PathProblem } from "../schema/issue_sentence.ts";

/** A path from the top of the job. */
export type JobPath = readonly PropertyKey[];

/** What a cross-check works with. */
export class Scope {
  /** What was found so far. */
  readonly problems: PathProblem[] = [];

  /** A scope over a job; `unread` holds `section.name` of the parts that the schema refused. */
  constructor(readonly job: ParsedJob, readonly unread: ReadonlySet<string> = new Set()) {}

  /** Reports a problem of what a key holds, or of a part of its text. */
  value(path: JobPath, message: string, part = ""): void {
    this.problems.push({ path, message, point: "value", part });
  }

  /** Reports a problem of a key. */
  key(path: JobPath, message: string): void {
    this.problems.push({ path, message, point: "key" });
  }

  /** Reports a name that is not among those known, with a guess or the list of them. */
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

  /** The entry of a section, undefined where it has none or where it could not be read. */
  find<S extends "tables" | "streams" | "params">(
    section: S,
    name: string,
  ): ParsedJob[S][string] | undefined {
    const entries = this.job[section];
    return Object.hasOwn(entries, name) ? entries[name] as ParsedJob[S][string] : undefined;
  }

  /** Whether a key of a stream is there but could not be read. */
  isCut(stream: string, key: string): boolean {
    return this.unread.has(`streams.${stream}.${key}`);
  }

  /** Whether an entry of a section is there but could not be read. */
  isUnread(section: "tables" | "streams" | "params", name: string): boolean {
    return this.unread.has(`${section}.${name}`) || this.unread.has(section);
  }
}

function oneOf(names: readonly string[]): string {
  if (names.length === 0) return "there is none at all";
  return names.length === 1
    ? `there is only "${names[0]}"`
    : `expected one of ${names.slice(0, 20).join(", ")}`;
}

/** The message of a text that a parser refuses by throwing, or undefined. */
export function refusal(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return text.charAt(0).toLowerCase() + text.slice(1);
  }
}
