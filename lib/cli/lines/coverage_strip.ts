// Draws the coverage of a stream as a strip: a character for each day, month, quarter or year. Pure. Invariant: a
// period in which something is missing or has failed is never drawn as done.
import { union } from "../../plan/coverage.ts";
import {
  addMonths,
  civilParts,
  fromParts,
  MINUTES_PER_DAY,
  startOfDay,
} from "../../plan/time/civil.ts";
import type { Window } from "../../plan/time/window.ts";
import type { Line, Tone } from "../terminal/paint.ts";

/** What is known of the dates of a stream. */
export interface StripRanges {
  /** Ranges that are done. */
  readonly coverage: readonly Window[];
  /** Its ranges without a record. */
  readonly empty: readonly Window[];
  /** Its ranges that may still change. */
  readonly unsettled: readonly Window[];
  /** Ranges that are expected and not done. */
  readonly gaps: readonly Window[];
  /** Windows that failed. */
  readonly failed: readonly Window[];
}

/** A state of a period, and how it is drawn. */
interface Mark {
  readonly name: string;
  readonly block: string;
  readonly ascii: string;
  readonly tone: Tone | undefined;
}

const MARKS = {
  done: { name: "done", block: "█", ascii: "#", tone: "good" },
  empty: { name: "empty", block: "░", ascii: ".", tone: "good" },
  unsettled: { name: "unsettled", block: "▓", ascii: "~", tone: "info" },
  partly: { name: "partly missing", block: "▄", ascii: "+", tone: "wait" },
  missing: { name: "missing", block: "_", ascii: "_", tone: "wait" },
  failed: { name: "failed", block: "×", ascii: "x", tone: "bad" },
  outside: { name: "", block: " ", ascii: " ", tone: undefined },
} as const satisfies Record<string, Mark>;

/** How long a character is. */
export interface Scale {
  /** Its name, such as `month`. */
  readonly unit: string;
  /** The bounds of the periods, in civil minutes; one more than there are periods. */
  readonly bounds: readonly number[];
}

/** The months of a unit, from the shortest. */
const UNITS: readonly (readonly [months: number, unit: string])[] = [
  ...[[1, "month"], [3, "quarter"], [12, "year"], [60, "5 years"], [120, "10 years"]] as const,
];

/** The finest scale with at most `cells` periods for all of the ranges; undefined where there are no dates. */
export function scaleOf(ranges: readonly Window[], cells: number): Scale | undefined {
  if (ranges.length === 0 || cells < 1) return undefined;
  const from = Math.min(...ranges.map((range) => range.from));
  const to = Math.max(...ranges.map((range) => range.to));
  const days = Math.ceil(to / MINUTES_PER_DAY) - Math.floor(from / MINUTES_PER_DAY);
  if (days <= Math.min(cells, 62)) {
    const first = startOfDay(from);
    const bounds = Array.from({ length: days + 1 }, (_, day) => first + day * MINUTES_PER_DAY);
    return { unit: "day", bounds };
  }
  for (const [months, unit] of UNITS) {
    const bounds = monthsBetween(from, to, months);
    if (bounds.length - 1 <= cells || unit === UNITS.at(-1)![1]) return { unit, bounds };
  }
  return undefined;
}

function monthsBetween(from: number, to: number, months: number): number[] {
  const { year, month } = civilParts(from);
  const start = months >= 12
    ? fromParts(year - year % (months / 12), 1, 1)!
    : fromParts(year, month - (month - 1) % months, 1)!;
  const bounds = [start];
  while (bounds.at(-1)! < to) bounds.push(addMonths(bounds.at(-1)!, months));
  return bounds;
}

/** The strip of a stream. */
export function strip(ranges: StripRanges, { bounds }: Scale, unicode: boolean): Line {
  const empty = union(ranges.empty);
  const states = bounds.slice(1).map((to, at) =>
    stateOf({ from: bounds[at]!, to }, { ...ranges, empty })
  );
  const line: { text: string; tone: Tone | undefined }[] = [];
  for (const state of states) {
    const { block, ascii, tone }: Mark = MARKS[state];
    const text = unicode ? block : ascii;
    const last = line.at(-1);
    if (last !== undefined && last.tone === tone) last.text += text;
    else line.push({ text, tone });
  }
  return line;
}

/** What the characters of strips mean. */
export function legend(unicode: boolean): Line {
  return Object.values(MARKS).filter(({ name }) => name !== "").map((mark: Mark) => ({
    text: `${unicode ? mark.block : mark.ascii} ${mark.name}`,
    tone: mark.tone,
  }));
}

function stateOf(period: Window, ranges: StripRanges): keyof typeof MARKS {
  if (minutesIn(ranges.failed, period) > 0) return "failed";
  const [done, missing] = [minutesIn(ranges.coverage, period), minutesIn(ranges.gaps, period)];
  if (missing > 0) return done > 0 ? "partly" : "missing";
  if (done === 0) return "outside";
  if (minutesIn(ranges.unsettled, period) > 0) return "unsettled";
  return minutesIn(ranges.empty, period) >= done ? "empty" : "done";
}

/** Minutes of ranges within a period. */
function minutesIn(ranges: readonly Window[], { from, to }: Window): number {
  return ranges.reduce(
    (sum, range) => sum + Math.max(0, Math.min(to, range.to) - Math.max(from, range.from)),
    0,
  );
}
