// Owns the report of a mistake in a job file: its place, a sentence, and an excerpt of the line with a
// caret. It never prints, and never shows a secret: secrets in the excerpt are replaced by stars.
import { Failure } from "../../failure.ts";

/** A piece of a text file. */
export interface Place {
  /** The file it is in. */
  readonly source: SourceText;
  /** Characters before it. */
  readonly offset: number;
  /** Its length in characters. */
  readonly length: number;
}

/** A text file that was read. */
export interface SourceText {
  /** Name of the file, as messages show it. */
  readonly file: string;
  /** What it holds. */
  readonly text: string;
  /** Position of the first character of each line. */
  readonly lineStarts: readonly number[];
}

/** A text file, from its name and content. */
export function sourceText(file: string, text: string): SourceText {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lineStarts.push(at + 1);
  }
  return { file, text, lineStarts };
}

/** A mistake before its excerpt is created, which requires the secrets of the file. */
export interface Finding {
  /** Its location: a place, or the name of a file. */
  readonly place: Place | string;
  /** What is wrong, without a period. */
  readonly message: string;
}

/** One mistake in a job file. */
export interface Problem {
  /** File, as it was named. */
  readonly file: string;
  /** Line, counted from 1; 0 for the file as a whole. */
  readonly line: number;
  /** Column, counted from 1; 0 for the file as a whole. */
  readonly column: number;
  /** What is wrong, without a period. */
  readonly message: string;
  /** The line with a caret line below it, or undefined. */
  readonly excerpt: string | undefined;
}

/** Longest part of a line that an excerpt shows, in characters. */
const EXCERPT_LENGTH = 120;

/** Number of characters before an excerpt that are searched for the key of a secret. */
const SECRET_REACH = 500;

/** A key whose value is always replaced by stars, even in a file that is not valid YAML. */
const SECRET_VALUE =
  /((?:password|passwd|bearer|token|secret|[\w-]+[-_]key|apikey|authorization)["']?\s*:\s*)(?!\s|\*|["']?\$\{)(.+)/gi;

/** The problem of a finding; `secrets` are the places of strings that no excerpt may show. */
export function problemOf({ place, message }: Finding, secrets: readonly Place[] = []): Problem {
  if (typeof place === "string") {
    return { file: place, line: 0, column: 0, message, excerpt: undefined };
  }
  const { source, offset } = place;
  const line = lineOf(source, offset);
  const start = source.lineStarts[line - 1] ?? 0;
  const excerpt = excerptOf(place, start, line, secrets);
  return { file: source.file, line, column: offset - start + 1, message, excerpt };
}

/** The line, counted from 1, that holds a position; by bisection. */
export function lineOf(source: SourceText, offset: number): number {
  let [low, high] = [0, source.lineStarts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

function excerptOf(place: Place, start: number, line: number, secrets: readonly Place[]): string {
  const { text } = place.source;
  const end = text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start);
  const fits = place.offset + Math.min(place.length, 40) - start <= EXCERPT_LENGTH;
  const from = fits ? start : place.offset - EXCERPT_LENGTH / 2;
  const to = Math.min(end, from + EXCERPT_LENGTH);
  const shown = printable(starred(place.source, from, to, secrets)).trimEnd();
  const gutter = `  ${line} | `;
  const width = Math.max(1, Math.min(place.length, to - place.offset));
  const caret = " ".repeat(gutter.length - 2) + "| " + " ".repeat(place.offset - from) +
    "^".repeat(width);
  return `${gutter}${shown}\n${caret}`;
}

/** The text from `from` to `to` with secrets replaced by as many stars. */
function starred(source: SourceText, from: number, to: number, secrets: readonly Place[]): string {
  const reach = Math.max(source.text.lastIndexOf("\n", from - 1) + 1, from - SECRET_REACH);
  let shown = source.text.slice(reach, to);
  for (const secret of secrets) {
    if (secret.source !== source) continue;
    const first = Math.max(0, secret.offset - reach);
    const last = Math.min(shown.length, secret.offset + secret.length - reach);
    if (first < last) shown = shown.slice(0, first) + "*".repeat(last - first) + shown.slice(last);
  }
  return shown.replace(SECRET_VALUE, (_, key: string, value: string) => key + stars(value))
    .slice(from - reach);
}

function stars(text: string): string {
  return "*".repeat(text.length);
}

function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, " ");
}

/** `file:line:column: message` with the excerpt below it. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, excerpt } = problem;
  const where = line === 0 ? file : `${file}:${line}:${column}`;
  return `${where}: ${message}${excerpt === undefined ? "" : `\n${excerpt}`}`;
}

/** A job file that cannot be used, with all its problems. */
export class ConfigurationFailure extends Failure {
  /** The problems, in the order of the file; at least one. */
  readonly problems: readonly Problem[];

  /** Creates a failure whose message lists the problems. */
  constructor(file: string, problems: readonly Problem[], hint?: string) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const list = problems.map(formatProblem).join("\n");
    super(
      "configuration",
      `Cannot use job file "${file}": ${count}\n\n${list}`,
      hint === undefined ? {} : { hint },
    );
    this.problems = problems;
  }
}
