// Owns the live view of a run on a terminal: a bar per stream with windows, rows, rate used and time left,
// redrawn in place. It folds events into a state and renders it as lines; the caller writes them. Lines
// worth keeping (failures, rejections, the summary) scroll above the bars.
import { parseCivil } from "../plan/time/civil.ts";
import { formatWait, type Wait } from "./text/wait.ts";
import type { RunEvent } from "./event.ts";
import { formatCount, formatNumber, formatRate, formatSeconds, oneLine } from "./text/format.ts";
import type { Subject } from "./text/subject.ts";

/** Width of a bar in characters. */
const BAR_CELLS = 24;

/** Seconds over which the rate used is measured. */
const RATE_SECONDS = 10;

interface Line {
  stream: string;
  total: number;
  done: number;
  windows: number;
  failed: number;
  rows: number;
  forecastSeconds: number;
  requestsPerSecond: number | null;
  startedAtMs: number;
  finished: boolean;
  sent: number[];
}

/** The state behind the bars. */
export class Progress {
  readonly #lines = new Map<string, Line>();
  readonly #now: () => number;
  #wait: Wait | null = null;

  /** `now` is monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Adds one event. */
  fold(event: RunEvent): void {
    if (event.kind === "stream_planned") this.#plan(event);
    if (event.kind === "request" && event.event.kind === "requested") {
      this.#sent(event.event.stream);
    }
    if (event.kind === "waiting") this.#wait = event.wait;
    if (event.kind === "window_done") this.#done(event.subject, event.rows);
    if (event.kind === "window_failed") this.#failed(event.subject);
    if (event.kind === "stream_finished") {
      const line = this.#lines.get(event.stream);
      if (line !== undefined) line.finished = true;
    }
  }

  /** The bars and the present wait, one line each, at most `columns` wide. */
  render(columns: number): string[] {
    const lines = [...this.#lines.values()].map((line) => this.#renderLine(line));
    if (this.#wait !== null) lines.push(oneLine(formatWait(this.#wait)));
    return lines.map((line) => line.slice(0, Math.max(columns - 1, 20)));
  }

  #plan(event: Extract<RunEvent, { kind: "stream_planned" }>): void {
    if (event.windows === 0) return;
    this.#lines.set(event.stream, {
      stream: event.stream,
      total: event.minutes > 0 ? event.minutes : event.windows,
      done: 0,
      windows: 0,
      failed: 0,
      rows: 0,
      forecastSeconds: event.seconds,
      requestsPerSecond: event.requestsPerSecond,
      startedAtMs: this.#now(),
      finished: false,
      sent: [],
    });
  }

  #sent(stream: string): void {
    const line = this.#lines.get(stream);
    if (line === undefined) return;
    const now = this.#now();
    line.sent.push(now);
    while (line.sent.length > 0 && line.sent[0]! < now - RATE_SECONDS * 1000) line.sent.shift();
  }

  #done(subject: Subject, rows: number): void {
    const line = this.#lines.get(subject.stream);
    if (line === undefined) return;
    line.windows++;
    line.rows += rows;
    line.done += sizeOf(subject);
  }

  #failed(subject: Subject): void {
    const line = this.#lines.get(subject.stream);
    if (line === undefined) return;
    line.failed++;
    line.done += sizeOf(subject);
  }

  #renderLine(line: Line): string {
    const share = Math.min(1, line.done / Math.max(line.total, 1));
    const filled = Math.round(share * BAR_CELLS);
    const bar = "#".repeat(filled) + ".".repeat(BAR_CELLS - filled);
    const parts = [
      `${line.stream.padEnd(12)} [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %`,
      formatCount(line.windows, "window"),
      formatCount(line.rows, "row"),
    ];
    if (line.failed > 0) parts.push(`${formatNumber(line.failed)} failed`);
    if (!line.finished) parts.push(this.#rate(line), this.#left(line, share));
    return parts.filter((part) => part !== "").join("  ");
  }

  /** The rate of the last seconds; it falls while nothing is sent. */
  #rate(line: Line): string {
    const now = this.#now();
    const sent = line.sent.filter((at) => at >= now - RATE_SECONDS * 1000);
    const [first, last] = [sent[0], sent.at(-1)];
    if (first === undefined || last === undefined || sent.length < 3) return "";
    const between = (sent.length - 1) * 1000 / Math.max(1, last - first);
    const used = Number(Math.min(between, sent.length * 1000 / (now - first)).toPrecision(2));
    const allowed = line.requestsPerSecond;
    if (allowed === null) return formatRate(used);
    return `${formatRate(used, allowed)} of ${formatRate(allowed)}`;
  }

  /** Time left: first the forecast, then increasingly what the run has measured; empty where neither applies. */
  #left(line: Line, share: number): string {
    const elapsed = (this.#now() - line.startedAtMs) / 1000;
    const measured = share > 0 ? elapsed * (1 - share) / share : line.forecastSeconds;
    const forecast = Math.max(0, line.forecastSeconds - elapsed);
    const left = share * measured + (1 - share) * forecast;
    return left > 0 ? `${formatSeconds(left)} left` : "";
  }
}

function sizeOf(subject: Subject): number {
  const [from, to] = [parseCivil(subject.from ?? ""), parseCivil(subject.to ?? "")];
  return from === undefined || to === undefined ? 1 : to - from;
}
