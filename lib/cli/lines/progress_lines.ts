// Formats the progress of a run for a terminal: the whole run, then a line per stream. Pure. Invariant: no line
// is wider than the terminal; what does not fit moves to another line or is left out in a fixed order, failures
// and waits never.
import {
  type RunProgress,
  shareOf,
  type StreamProgress,
} from "../../console/state/run_progress.ts";
import { formatCount, formatNumber, formatSeconds, oneLine } from "../../report/text/format.ts";
import { formatInstant, formatWait } from "../../report/text/wait.ts";
import { flow, GAP } from "./flow.ts";
import { clipNames } from "./clip_names.ts";
import { rateText, sharesText } from "./rate_text.ts";
import { cellsOf, clipLine, type Line, type Piece, type Tone } from "../terminal/paint.ts";
import { wrapLine } from "../terminal/wrap.ts";

/** Where lines are shown. */
export interface Room {
  /** Width in cells. */
  readonly columns: number;
  /** Height in lines. */
  readonly rows: number;
  /** Whether Unicode blocks are shown. */
  readonly unicode: boolean;
}

/** Cells of the longest bar, and of the shortest that is worth showing. */
const [LONGEST_BAR, SHORTEST_BAR] = [40, 6];

/** Lines of the reason of a wait, which is a message of the API. */
const MOST_WAIT_LINES = 3;

/** The lines of a run at `nowMs`, epoch milliseconds. */
export function progressLines(run: RunProgress, room: Room, nowMs: number): Line[] {
  // The cursor stays below the lines, and the last column is left free: some terminals wrap there.
  const columns = Math.max(20, room.columns - 1);
  const whole = wholeLines(run, { ...room, columns }, nowMs);
  const wait: Line[] = run.wait === null
    ? []
    : wrapLine(oneLine(formatWait(run.wait)), columns).slice(0, MOST_WAIT_LINES)
      .map((text) => clipLine([{ text, tone: "wait" }], columns));
  const left = Math.max(1, room.rows - 1 - whole.length - wait.length);
  return [...whole, ...streamLines(run, { ...room, columns, rows: left }), ...wait];
}

/** The state of the whole run, on as many lines as it requires. */
function wholeLines(run: RunProgress, { columns, unicode }: Room, nowMs: number): Line[] {
  const share = shareOf(run.streams);
  const sum = (pick: (stream: StreamProgress) => number) =>
    run.streams.reduce((total, stream) => total + pick(stream), 0);
  const failed = sum((stream) => stream.failed);
  const done = sum((stream) => stream.done);
  const pieces: Piece[] = [
    ...share === null ? [{ text: windowsText(done) }] : [
      { text: percentText(share), tone: "strong" as const },
      { text: `${formatNumber(done)} of ${windowsText(sum(({ windows }) => windows))}` },
    ],
    ...failed === 0 ? [] : [{ text: `${formatNumber(failed)} failed`, tone: "bad" as const }],
    ...requestsText(run, share === null),
    ...run.streams.every(({ rows }) => rows === null)
      ? []
      : [{ text: formatCount(sum(({ rows }) => rows ?? 0), "row") }],
    ...run.refused ? [{ text: `${formatNumber(run.refused)} refused`, tone: "wait" as const }] : [],
    ...ended(run) ? [] : [...rateText(run), ...timeText(run, nowMs)],
  ];
  const lines = flow(pieces, columns);
  return withBar(lines, share, { columns, unicode });
}

/** `44 requests, 20 left`; the number left is unknown for streams whose end is not known yet. */
function requestsText({ requests, streams, atLeast }: RunProgress, isUnknown: boolean): Piece[] {
  const count = streams.reduce((sum, { requestsLeft }) => sum + requestsLeft, 0);
  const least = atLeast ? "at least " : "";
  if (requests === null) {
    return isUnknown ? [] : [{ text: `${least}${formatCount(count, "request")} left` }];
  }
  const left = isUnknown ? "" : `, ${least}${formatNumber(count)} left`;
  return [{ text: `${formatCount(requests, "request")}${left}` }];
}

function ended({ ended, streams }: RunProgress): boolean {
  return ended || streams.every(({ finished }) => finished);
}

/** `11 min 4 s left, until 14:32 UTC`; without the clock time where it may be much later. */
function timeText({ doneAtMs, atLeast }: RunProgress, nowMs: number): Piece[] {
  if (doneAtMs === null) return [];
  const seconds = Math.max(0, doneAtMs - nowMs) / 1000;
  if (atLeast) return [{ text: `at least ${formatSeconds(seconds)} left`, tone: "info" }];
  const [today, end] = [formatInstant(nowMs), formatInstant(doneAtMs)];
  const until = end.slice(0, 10) === today.slice(0, 10) ? end.slice(11) : end;
  return [{ text: `${formatSeconds(seconds)} left, until ${until}`, tone: "info" }];
}

/** The lines with a bar after the percentage, where it fits. */
function withBar(
  lines: readonly Line[],
  share: number | null,
  { columns, unicode }: Omit<Room, "rows">,
): Line[] {
  const [[percent, ...rest] = [], ...others] = lines;
  if (percent === undefined || share === null) return [...lines];
  const used = [percent, ...rest].reduce((sum, { text }) => sum + cellsOf(text), 0);
  const cells = Math.min(LONGEST_BAR, columns - used - GAP.length);
  if (cells < SHORTEST_BAR) return [...lines];
  return [[percent, { text: GAP }, ...bar(share, cells, unicode), ...rest], ...others];
}

/** A bar in eighths of a cell; `[###...]` without Unicode. */
function bar(share: number, cells: number, unicode: boolean): Piece[] {
  if (!unicode) {
    const filled = Math.floor(share * (cells - 2));
    return [{ text: `[${"#".repeat(filled)}${".".repeat(cells - 2 - filled)}]` }];
  }
  const eighths = Math.floor(share * cells * 8);
  const filled = "█".repeat(Math.floor(eighths / 8)) + (" ▏▎▍▌▋▊▉"[eighths % 8] ?? "").trim();
  return [
    { text: filled, tone: "good" },
    { text: "░".repeat(cells - filled.length), tone: "quiet" },
  ];
}

/** A part of a stream's line; numbers are right-aligned unless `isNumber` is false. */
interface Cell {
  readonly text: string;
  readonly tone?: Tone | undefined;
  readonly isNumber?: boolean;
}

/** A line per stream, as many as there is room for; those that still run come first where there is too little. */
function streamLines(run: RunProgress, room: Room): Line[] {
  const streams = run.streams.filter(({ windows }) => windows > 0);
  const order = streams.length <= room.rows
    ? streams
    : streams.toSorted((a, b) => Number(a.finished) - Number(b.finished));
  const isCut = order.length > room.rows;
  const shown = isCut ? order.slice(0, Math.max(0, room.rows - 1)) : order;
  const rates = sharesText(run, shown);
  const more = order.length - shown.length;
  return [
    ...table(shown.map((stream, at) => ({ stream, rate: rates[at]! })), room),
    ...more === 0
      ? []
      : [[{ text: `and ${formatCount(more, "more stream")}`, tone: "quiet" as const }]],
  ];
}

interface Row {
  readonly stream: StreamProgress;
  readonly rate: string;
}

/** Which parts of a stream's line are left out, from the widest terminal to the narrowest. */
const REDUCTIONS = ["nothing", "noun", "pages", "rate", "rows", "windows"] as const;

/** Aligned lines; the first reduction that fits is taken. */
function table(rows: readonly Row[], room: Room): Line[] {
  for (const [level, name] of REDUCTIONS.entries()) {
    const names = clipNames(rows.map(({ stream }) => stream.stream), Math.ceil(room.columns / 2));
    const cells = rows.map((row, at) => cellsOfRow(row, level, names[at]!));
    const widths = cells[0]?.map((_, at) =>
      Math.max(...cells.map((row) => cellsOf(row[at]!.text)))
    );
    const used = (widths ?? []).reduce(
      (sum, width) => sum + (width > 0 ? width + GAP.length : 0),
      -GAP.length,
    );
    if (used > room.columns && name !== "windows") continue;
    const hasBars = rows.some(({ stream }) => !stream.openEnded);
    const barCells = hasBars ? Math.min(LONGEST_BAR, room.columns - used - GAP.length) : 0;
    return cells.map((row, at) =>
      clipLine(lineOf(row, widths!, barOf(rows[at]!.stream, barCells, room.unicode)), room.columns)
    );
  }
  return [];
}

function barOf({ share, openEnded }: StreamProgress, cells: number, unicode: boolean): Piece[] {
  if (cells < SHORTEST_BAR) return [];
  if (openEnded) return [{ text: " ".repeat(cells) + GAP }];
  return [...bar(share, cells, unicode), { text: GAP }];
}

function lineOf(row: readonly Cell[], widths: readonly number[], bar: readonly Piece[]): Line {
  const [name, ...cells] = row.flatMap((cell, at) => {
    const width = widths[at]!;
    if (width === 0) return [];
    const pad = " ".repeat(width - cellsOf(cell.text));
    const text = cell.isNumber === false ? cell.text + pad : pad + cell.text;
    return [{ text: `${text}${GAP}`, tone: cell.tone }];
  });
  const pieces = [name!, ...bar, ...cells];
  // No spaces at the end.
  while (pieces.length > 0 && pieces.at(-1)!.text.trim() === "") pieces.pop();
  const last = pieces.pop();
  return last === undefined ? [] : [...pieces, { ...last, text: last.text.trimEnd() }];
}

/** The cells of a stream at a level of {@linkcode REDUCTIONS}; an empty column takes no room. */
function cellsOfRow({ stream, rate }: Row, level: number, name: string): Cell[] {
  const { done, windows, rows, failed, openPages, finished, openEnded } = stream;
  const has = (part: typeof REDUCTIONS[number]) => level < REDUCTIONS.indexOf(part);
  const of = (openEnded ? "" : `${formatNumber(done)} of `) + formatNumber(windows);
  return [
    {
      text: level === 0 ? stream.stream : name,
      tone: finished ? "quiet" : undefined,
      isNumber: false,
    },
    {
      text: openEnded ? "" : percentText(stream.share),
      tone: finished && failed === 0 ? "good" : undefined,
    },
    {
      text: !has("windows")
        ? ""
        : has("noun")
        ? `${of} ${windows === 1 ? "window " : "windows"}`
        : of,
    },
    {
      text: openPages > 0 && has("pages") ? `+${formatCount(openPages, "page")}` : "",
      isNumber: false,
    },
    {
      text: rows === null || !has("rows") ? "" : formatCount(rows, "row").replace(/ row$/, " row "),
    },
    { text: has("rate") ? rate : "" },
    { text: failed > 0 ? `${formatNumber(failed)} failed` : "", tone: "bad" },
  ];
}

function windowsText(windows: number): string {
  return formatCount(windows, "window");
}

/** A share in whole percent, rounded down: 100% means complete. */
function percentText(share: number): string {
  return `${String(Math.floor(100 * share + 1e-9)).padStart(3)} %`;
}
