// Formats the edges of a window for a request: named formats and strftime patterns. Formats with a time of
// day use the instant of the edge, so that a clock change causes neither a gap nor an overlap; formats of
// a date use the calendar. It never reads the clock.
import { type CivilMinute, instantOf, offsetMinutes, startOfDay } from "../../plan/time/civil.ts";

/** The named formats; any other format is a strftime pattern. */
export const MOMENT_FORMATS = [
  "date",
  "instant",
  "instant_ms",
  "local",
  "offset",
  "epoch",
  "epoch_ms",
] as const;

/**
 * Edges of a window: `from` its first moment, `to` its exclusive end, `last` its last moment and
 * `before` the last moment before it, the latter two in the unit of the format.
 */
export const WINDOW_EDGES = ["from", "to", "last", "before"] as const;

/** An edge of a window. */
export type WindowEdge = (typeof WINDOW_EDGES)[number];

/** What is wrong with a format, or undefined if it can be used. */
export function momentFormatProblem(format: string): string | undefined {
  if ((MOMENT_FORMATS as readonly string[]).includes(format)) return undefined;
  if (!format.includes("%")) return `unsupported format "${format}"`;
  for (const [text, , letter] of format.matchAll(DIRECTIVE)) {
    if (letter === "%") continue;
    if (!DIRECTIVES.has(letter ?? "")) return `unsupported directive "${text}"`;
  }
  return undefined;
}

/** The finest unit of a format: day, second or millisecond. */
export function momentUnit(format: string): "day" | "second" | "ms" {
  if (format === "date") return "day";
  if (format.endsWith("_ms")) return "ms";
  if (!format.includes("%")) return "second";
  const units = [...format.matchAll(DIRECTIVE)].map(([, , letter]) =>
    DIRECTIVES.get(letter ?? "")?.unit
  );
  if (units.includes("ms")) return "ms";
  return units.includes("second") ? "second" : "day";
}

/** An edge of the window as text, in the time zone or in UTC; the format must have no problem. */
export function formatEdge(
  edge: WindowEdge,
  window: { from: CivilMinute; to: CivilMinute },
  format: string,
  timeZone: string,
  utc = false,
): string {
  const at = edge === "from" || edge === "before" ? window.from : window.to;
  const back = edge === "last" || edge === "before";
  const unit = momentUnit(format);
  if (unit === "day" && !utc) {
    const day = startOfDay(back ? at - 1 : at);
    return write(format, { instant: day * 60_000, local: day * 60_000, offset: 0 });
  }
  const instant = instantOf(at, timeZone) - (back ? (unit === "ms" ? 1 : 1000) : 0);
  return formatInstant(instant, format, timeZone, utc);
}

/** An instant (epoch ms) as text, in the time zone or in UTC; the format must have no problem, and cuts fractions off. */
export function formatInstant(
  instant: number,
  format: string,
  timeZone: string,
  utc = false,
): string {
  const offset = utc ? 0 : offsetMinutes(instant, timeZone);
  return write(format, { instant, local: instant + offset * 60_000, offset });
}

/** A moment: its instant (epoch ms), the local clock's reading of it as if that were UTC, and minutes ahead of UTC. */
interface Moment {
  readonly instant: number;
  readonly local: number;
  readonly offset: number;
}

function write(format: string, moment: Moment): string {
  const clock = new Date(moment.local).toISOString();
  const instant = new Date(moment.instant).toISOString();
  switch (format) {
    case "date":
      return clock.slice(0, 10);
    case "instant":
      return `${instant.slice(0, 19)}Z`;
    case "instant_ms":
      return instant;
    case "local":
      return clock.slice(0, 19);
    case "offset":
      return clock.slice(0, 19) + offsetText(moment.offset, ":");
    case "epoch":
      return String(Math.floor(moment.instant / 1000));
    case "epoch_ms":
      return String(moment.instant);
    default:
      return writePattern(format, moment);
  }
}

const DIRECTIVE = /%(-?)(.?)/gs;

function writePattern(pattern: string, moment: Moment): string {
  return pattern.replace(DIRECTIVE, (_, bare: string, letter: string) => {
    const text = DIRECTIVES.get(letter)?.write(moment) ?? "%";
    return bare === "" ? text : text.replace(/^0+(?=\d)/, "");
  });
}

const MONTHS =
  "January February March April May June July August September October November December"
    .split(" ");
const DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");

const two = (count: number) => String(count).padStart(2, "0");
const three = (count: number) => String(count).padStart(3, "0");
const clockAt = ({ local }: Moment) => new Date(local);
const month = (moment: Moment) => MONTHS[clockAt(moment).getUTCMonth()]!;
const weekday = (moment: Moment) => (clockAt(moment).getUTCDay() + 6) % 7;
const year = (moment: Moment) => clockAt(moment).getUTCFullYear();

type Directive = readonly [letter: string, write: (moment: Moment) => string];

const DAY_DIRECTIVES: Directive[] = [
  ["Y", (moment) => String(year(moment)).padStart(4, "0")],
  ["y", (moment) => two(year(moment) % 100)],
  ["m", (moment) => two(clockAt(moment).getUTCMonth() + 1)],
  ["q", (moment) => String(Math.floor(clockAt(moment).getUTCMonth() / 3) + 1)],
  ["d", (moment) => two(clockAt(moment).getUTCDate())],
  ["e", (moment) => String(clockAt(moment).getUTCDate()).padStart(2, " ")],
  ["j", (moment) => three(dayNumber(moment.local) - dayNumber(Date.UTC(year(moment), 0)) + 1)],
  ["F", (moment) => clockAt(moment).toISOString().slice(0, 10)],
  ["b", (moment) => month(moment).slice(0, 3)],
  ["B", month],
  ["a", (moment) => DAYS[weekday(moment)]!.slice(0, 3)],
  ["A", (moment) => DAYS[weekday(moment)]!],
  ["u", (moment) => String(weekday(moment) + 1)],
  ["G", (moment) => String(isoWeek(moment).year)],
  ["V", (moment) => two(isoWeek(moment).week)],
];

const SECOND_DIRECTIVES: Directive[] = [
  ["H", (moment) => two(clockAt(moment).getUTCHours())],
  ["I", (moment) => two((clockAt(moment).getUTCHours() + 11) % 12 + 1)],
  ["p", (moment) => clockAt(moment).getUTCHours() < 12 ? "AM" : "PM"],
  ["M", (moment) => two(clockAt(moment).getUTCMinutes())],
  ["S", (moment) => two(clockAt(moment).getUTCSeconds())],
  ["R", (moment) => clockAt(moment).toISOString().slice(11, 16)],
  ["T", (moment) => clockAt(moment).toISOString().slice(11, 19)],
  ["s", (moment) => String(Math.floor(moment.instant / 1000))],
  ["z", (moment) => offsetText(moment.offset, "")],
];

const MS_DIRECTIVES: Directive[] = [
  ["L", (moment) => three(clockAt(moment).getUTCMilliseconds())],
  ["f", (moment) => `${three(clockAt(moment).getUTCMilliseconds())}000`],
];

interface UnitDirective {
  readonly unit: "day" | "second" | "ms";
  readonly write: (moment: Moment) => string;
}

const shown = (unit: UnitDirective["unit"], directives: Directive[]) =>
  directives.map(([letter, write]): [string, UnitDirective] => [letter, { unit, write }]);

const DIRECTIVES = new Map([
  ...shown("day", DAY_DIRECTIVES),
  ...shown("second", SECOND_DIRECTIVES),
  ...shown("ms", MS_DIRECTIVES),
]);

function dayNumber(local: number): number {
  return Math.floor(local / 86_400_000);
}

/** Year and number of the ISO 8601 week, which belongs to the year that holds its Thursday. */
function isoWeek(moment: Moment): { year: number; week: number } {
  const thursday = dayNumber(moment.local) - weekday(moment) + 3;
  const year = new Date(thursday * 86_400_000).getUTCFullYear();
  return { year, week: Math.floor((thursday - dayNumber(Date.UTC(year, 0))) / 7) + 1 };
}

function offsetText(minutes: number, colon: string): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
}
