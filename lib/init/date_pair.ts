// Chooses the two parameters that bound a range of dates. Both ends share a stem: `created[gte]` pairs with
// `created[lt]`, `start_from` with `start_to`, never with `end_to`. Pure.
import type { KnownParameter } from "./known_parameter.ts";

/** The parameters of the two ends of a range. */
export interface DatePair {
  /** The start. */
  readonly from: KnownParameter;
  /** The end. */
  readonly to: KnownParameter;
}

/** Words of a start, each with the words of an end that usually go with it. */
const OPPOSITES: Readonly<Record<string, readonly string[]>> = {
  from: ["to", "until", "till", "through", "thru"],
  start: ["end", "stop", "finish"],
  starting: ["ending"],
  begin: ["end"],
  beginning: ["ending", "end"],
  since: ["until", "till", "before", "to"],
  after: ["before"],
  gte: ["lt", "lte"],
  ge: ["lt", "le"],
  gt: ["lt", "lte"],
  min: ["max"],
  minimum: ["maximum"],
  earliest: ["latest"],
  newer: ["older"],
  lower: ["upper"],
  first: ["last"],
  oldest: ["newest"],
};
const ENDS = new Set(Object.values(OPPOSITES).flat());

/**
 * Stems of the name of a record's own date, the most likely first; other dates follow, and those of changes come last.
 */
const STEMS = [
  "|date|time|datetime|date time|timestamp|day|period|range",
  "event|event date|event time|occurred|observed|observation|measured|recorded|taken|transaction date",
  "created|created date|created at|creation|creation date|date created|publication|published|filing|issued|received|posted",
  "start|start date|start time",
].map((stems) => stems.split("|"));
const CHANGES = /updat|modif|chang|edit|delet|expir|end|due|birth/;

interface End {
  readonly parameter: KnownParameter;
  readonly word: string;
  readonly stem: string;
}

/** The most likely pair of parameters that bound a range of dates; undefined if no two parameters form a pair. */
export function datePair(dates: readonly KnownParameter[]): DatePair | undefined {
  const starts = endsOf(dates, (word) => Object.hasOwn(OPPOSITES, word));
  const ends = endsOf(dates, (word) => ENDS.has(word));
  const pairs = starts.flatMap((from) =>
    ends.filter((to) => to.parameter !== from.parameter && to.stem === from.stem)
      .map((to) => ({ from, to, score: scoreOf(from, to) }))
  );
  const [best] = pairs.toSorted((a, b) => b.score - a.score);
  if (best !== undefined) return { from: best.from.parameter, to: best.to.parameter };
  const [from, to] = [only(starts), only(ends)];
  if (from === undefined && to === undefined) return describedPair(dates);
  return from === undefined || to === undefined || from === to ? undefined : { from, to };
}

const SAYS_START = /\b((on|at) or )?after\b|\bearliest\b|\b(from|since|starting)\b/i;
const SAYS_END = /\b((on|at) or )?before\b|\blatest\b|\b(until|ending)\b|\bup to\b/i;

/** Two parameters that differ in a number, such as `d1` and `d2`, where only their descriptions say which is the end. */
function describedPair(dates: readonly KnownParameter[]): DatePair | undefined {
  const stem = ({ name }: KnownParameter) => name.replace(/\d+$/, "");
  const says = (sign: RegExp, other: RegExp) =>
    dates.filter(({ name, description }) =>
      /\d$/.test(name) && sign.test(description) && !other.test(description)
    );
  const ends = says(SAYS_END, SAYS_START);
  return says(SAYS_START, SAYS_END).flatMap((from) =>
    ends.filter((to) => stem(to) === stem(from)).map((to) => ({ from, to }))
  )[0];
}

/** The one parameter of a start where no end belongs to it. */
export function openStart(dates: readonly KnownParameter[]): KnownParameter | undefined {
  const starts = endsOf(dates, (word) => Object.hasOwn(OPPOSITES, word));
  return starts.find(({ word }) => ["since", "from", "start", "after", "gte"].includes(word))
    ?.parameter;
}

function endsOf(dates: readonly KnownParameter[], isRole: (word: string) => boolean): End[] {
  return dates.flatMap((parameter) =>
    parameter.words.flatMap((word, at) =>
      isRole(word)
        ? [{ parameter, word, stem: parameter.words.filter((_, i) => i !== at).join(" ") }]
        : []
    )
  );
}

function only(ends: readonly End[]): KnownParameter | undefined {
  const parameters = new Set(ends.map(({ parameter }) => parameter));
  return parameters.size === 1 ? [...parameters][0] : undefined;
}

function scoreOf({ parameter, word, stem }: End, to: End): number {
  const both = [parameter, to.parameter];
  const isUsual = OPPOSITES[word]!.includes(to.word);
  const rank = STEMS.findIndex((stems) => stems.includes(stem));
  return (isUsual ? 20 : 0) +
    (rank < 0 ? CHANGES.test(stem) ? -4 : 0 : 8 - 2 * rank) +
    both.filter(({ required }) => required).length * 16 +
    both.filter(({ format }) => format.startsWith("date")).length * 2 +
    (/^(min|max)/.test(word) && stem === "" ? -10 : 0) +
    // The bound that leaves no moment out, and includes none twice.
    (/^g(te|e)$/.test(word) ? 1 : 0) + (to.word === "lt" ? 1 : 0) +
    (parameter.format === to.parameter.format && parameter.type === to.parameter.type ? 2 : -20);
}
