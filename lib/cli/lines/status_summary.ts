// Formats what `status` begins with: the whole job in a few lines, then a line with a strip of coverage for each
// stream. Pure. Invariant: it fits the screen; streams that do not are counted, those with problems come first.
import { formatCount, formatNumber, formatSeconds, oneLine } from "../../report/text/format.ts";
import { formatDay, MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import { union } from "../../plan/coverage.ts";
import type { Window } from "../../plan/time/window.ts";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import type { Summary } from "../../report/summary.ts";
import { formatInstant, formatWait } from "../../report/text/wait.ts";
import { cellsOf, clipLine, type Line, type Piece } from "../terminal/paint.ts";
import { clipNames } from "./clip_names.ts";
import { flow, GAP } from "./flow.ts";
import { legend, type Scale, scaleOf, strip } from "./coverage_strip.ts";
import type { Room } from "./progress_lines.ts";
import type { Status, StreamStatus } from "./status_lines.ts";

/** Cells of the longest strip. */
const STRIP_CELLS = 150;

/** Lines below which streams are shown instead of the legend. */
const FEW_ROWS = 10;

/** Cells of a percentage and the gap after it. */
const PERCENT_CELLS = 7;

/** The summary of a job; `used` lines of the screen are taken by others. */
export function summaryLines(status: Status, room: Room, used = 0): Line[] {
  const columns = Math.max(20, room.columns - 1);
  const head = [
    [{ text: oneLine(`job ${status.job} in ${status.target}`), tone: "strong" as const }],
    ...wholeLines(status).flatMap((pieces) => flow(pieces, columns)),
    [],
  ];
  const rows = Math.max(1, room.rows - head.length - used);
  return [...head, ...stripLines(status, { ...room, columns, rows })].map((line) =>
    clipLine(line, columns)
  );
}

function wholeLines({ streams, tables, runs }: Status): Line[] {
  const all = Object.values(streams).filter(({ isDated }) => isDated);
  const sum = (pick: (stream: StreamStatus) => number) =>
    all.reduce((total, stream) => total + pick(stream), 0);
  const [total, missing] = [sum(allDaysOf), sum((one) => daysOf(one.gaps))];
  const rows = Object.values(tables).reduce((total, count) => total + count, 0);
  const percent = percentText(sum((one) => allMinutesOf(one) * shareOf(one)), sum(allMinutesOf));
  const values = Object.values(streams).reduce((count, one) => count + one.missing_values, 0);
  const days: Piece = total === 0 ? { text: "no dates fetched" } : {
    text: `${percent.trim()} of ${formatCount(total, "day")}`,
    tone: "strong",
  };
  const listed = (kind: "failed" | "rejected") =>
    Object.values(streams).reduce((count, one) => count + one[kind].length, 0);
  const windows = (count: number, what: string): Piece[] =>
    count === 0 ? [] : [{ text: `${formatCount(count, "window")} ${what}`, tone: "bad" }];
  return [
    [
      days,
      ...missing === 0
        ? []
        : [{ text: `${formatCount(missing, "day")} missing`, tone: "wait" as const }],
      ...missingValues(values),
      ...windows(listed("failed"), "failed"),
      ...windows(listed("rejected"), "with rejected rows"),
      {
        text: `${formatCount(rows, "row")} in ${formatCount(Object.keys(tables).length, "table")}`,
      },
    ],
    ...runs[0] === undefined ? [] : [lastRun(runs[0])],
  ];
}

function lastRun({ startedAt, endedAt, summary, wait }: RunRecord): Piece[] {
  const since = `last run ${formatInstant(Date.parse(startedAt))}`;
  if (endedAt === undefined) {
    const waits = wait === undefined
      ? []
      : [{ text: oneLine(formatWait(wait)), tone: "wait" as const }];
    return [{ text: `${since}, not ended` }, ...waits];
  }
  const { outcome, windows, requests, seconds } = summary as Summary;
  return [
    {
      text: `${since}, ${outcome}`,
      tone: outcome === "done" ? "good" : outcome === "failed" ? "bad" : "wait",
    },
    {
      text: `${formatCount(windows.done, "window")}, ${formatCount(requests, "request")}, ${
        formatSeconds(seconds)
      }`,
    },
  ];
}

/** The streams as they are drawn. */
interface Shown {
  readonly name: string;
  readonly stream: StreamStatus;
}

function stripLines({ streams }: Status, room: Room): Line[] {
  const names = clipNames(Object.keys(streams), Math.ceil(room.columns / 2));
  const all = Object.values(streams).map((stream, at) => ({ name: names[at]!, stream }));
  if (all.length === 0) return [];
  const name = Math.max(...names.map(cellsOf));
  const dated = all.filter(isDated).flatMap(({ stream }) => [...stream.coverage, ...stream.gaps]);
  const cells = room.columns - name - GAP.length - PERCENT_CELLS;
  const scale = scaleOf(dated, Math.min(STRIP_CELLS, cells));
  const drawn = all.map((one) => ({
    isTroubled: isTroubled(one),
    lines: oneStream(one, { ...room, name, scale }),
  }));
  const tail = scale === undefined
    ? []
    : [[], axis(scale), ...flow(legend(room.unicode), room.columns)];
  const needed = drawn.reduce((sum, { lines }) => sum + lines.length, 0);
  // A small terminal shows streams instead of the legend.
  if (needed + tail.length > room.rows && room.rows < FEW_ROWS) return fitting(drawn, room.rows);
  return [...fitting(drawn, Math.max(1, room.rows - tail.length)), ...tail];
}

/** Lines of streams in at most `rows` lines; those with problems come first where there is too little room. */
function fitting(
  drawn: readonly { isTroubled: boolean; lines: readonly Line[] }[],
  rows: number,
): Line[] {
  const all = drawn.flatMap(({ lines }) => lines);
  if (all.length <= rows) return all;
  const shown: Line[] = [];
  let left = drawn.length;
  for (const { lines } of drawn.toSorted((a, b) => Number(b.isTroubled) - Number(a.isTroubled))) {
    if (shown.length + lines.length > rows - 1) break;
    shown.push(...lines);
    left--;
  }
  return [...shown, [{ text: `and ${formatCount(left, "more stream")}`, tone: "quiet" }]];
}

/** A stream on one line; its notes go below where they do not fit. */
function oneStream(
  one: Shown,
  { name, scale, unicode, columns }: Room & { name: number; scale: Scale | undefined },
): Line[] {
  const head = [{ text: `${one.name}${" ".repeat(name - cellsOf(one.name))}${GAP}` }];
  const line = isDated(one) ? [...head, ...datedPieces(one.stream, scale, unicode)] : head;
  const note = noteOf(one);
  if (note.length === 0 || lineCells(line) + lineCells(note) <= columns) {
    return [[...line, ...note]];
  }
  const indent = Math.max(4, Math.min(name + GAP.length, columns - lineCells(note)));
  return [line, [{ text: " ".repeat(indent) }, ...note]];
}

function datedPieces(stream: StreamStatus, scale: Scale | undefined, unicode: boolean): Piece[] {
  const percent = percentText(shareOf(stream), 1);
  const { coverage, missing_values } = stream;
  // Nothing was fetched of a missing value.
  const gaps = missing_values > 0 ? union([...stream.gaps, ...coverage]) : stream.gaps;
  const drawn = scale === undefined
    ? []
    : strip({ ...stream, gaps, failed: stream.failedWindows }, scale, unicode);
  return [{ text: `${percent}${GAP}` }, ...drawn, { text: GAP }];
}

/** The meaning of the characters in the strips, and the dates that they span. */
function axis({ unit, bounds }: Scale): Line {
  const [first, last] = [bounds[0]!, bounds.at(-1)! - MINUTES_PER_DAY];
  const length = unit === "day" || unit === "month" || unit === "quarter" ? 10 : 4;
  const span = [...new Set([formatDay(first), formatDay(last)].map((day) => day.slice(0, length)))];
  return [{
    text: `a ${/^\d/.test(unit) ? `period of ${unit}` : unit} each: ${span.join(" .. ")}`,
    tone: "quiet",
  }];
}

function noteOf({ stream }: Shown): Piece[] {
  const { fetched_at, items, coverage, failed, rejected, feeds } = stream;
  const gaps = stream.isDated ? stream.gaps : [];
  const problems = [
    ...missingValues(stream.missing_values),
    ...problemsOf(daysOf(gaps), failed.length, rejected.length),
  ];
  const verb = feeds.length === 0 ? "fetched" : "read up to";
  const fetched = fetched_at === null ? [] : [{
    text: `${verb} ${formatInstant(Date.parse(fetched_at))}${
      items > 1 ? `, ${formatCount(items, "value")}` : ""
    }`,
  }];
  const open = feeds.filter(({ ended }) => !ended).length;
  const unread = open === 0 ? [] : [{
    text: feeds.length === 1 ? "not to its end" : `${formatNumber(open)} not to their end`,
    tone: "wait" as const,
  }];
  const never = fetched_at === null && coverage.length + gaps.length === 0
    ? [{ text: "never fetched", tone: "quiet" as const }]
    : [];
  return [...never, ...fetched, ...unread, ...problems].flatMap((piece, at) =>
    at === 0 ? [piece] : [{ text: ", " }, piece]
  );
}

function missingValues(count: number): Piece[] {
  return count === 0
    ? []
    : [{ text: `${formatCount(count, "value")} missing`, tone: "wait" as const }];
}

function problemsOf(missing: number, failed: number, rejected: number): Piece[] {
  return [
    ...missing > 0
      ? [{ text: `${formatCount(missing, "day")} missing`, tone: "wait" as const }]
      : [],
    ...failed > 0 ? [{ text: `${formatNumber(failed)} failed`, tone: "bad" as const }] : [],
    ...rejected > 0
      ? [{ text: `${formatNumber(rejected)} with rejected rows`, tone: "bad" as const }]
      : [],
  ];
}

function isTroubled(shown: Shown): boolean {
  const { gaps, failed, rejected, missing_values } = shown.stream;
  const isOpen = shown.stream.feeds.some(({ ended }) => !ended);
  return isOpen || missing_values > 0 ||
    (isDated(shown) ? gaps.length : 0) + failed.length + rejected.length > 0;
}

function isDated({ stream: { isDated, coverage, gaps } }: Shown): boolean {
  return isDated && coverage.length + gaps.length > 0;
}

function lineCells(line: Line): number {
  return line.reduce((sum, { text }) => sum + cellsOf(text), 0);
}

/** Days of ranges; a part of a day counts as one. */
function daysOf(ranges: readonly Window[]): number {
  return Math.ceil(minutesOf(ranges) / MINUTES_PER_DAY);
}

/** Days that are done or missing; one that is both, of different values, counts once. */
function allDaysOf({ coverage, gaps }: StreamStatus): number {
  return daysOf(union([...coverage, ...gaps]));
}

function allMinutesOf({ coverage, gaps }: StreamStatus): number {
  return minutesOf(union([...coverage, ...gaps]));
}

/** Part of a stream that is done: of its dates, and of its values. */
function shareOf(stream: StreamStatus): number {
  const all = allMinutesOf(stream);
  if (all === 0) return 0;
  const { values, missing_values } = stream;
  const ofValues = missing_values === 0 ? 1 : values / (values + missing_values);
  return (1 - minutesOf(stream.gaps) / all) * ofValues;
}

function minutesOf(ranges: readonly Window[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

function percentText(done: number, all: number): string {
  const percent = all === 0 ? 0 : Math.floor(100 * done / all + 1e-9);
  return `${formatNumber(percent).padStart(3)} %`;
}
