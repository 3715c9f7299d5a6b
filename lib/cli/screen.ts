// Shows a run in progress: lines that are redrawn in place on a terminal, plain lines elsewhere. With --json both
// go to stderr, so that stdout holds only the JSON object at the end. Invariant: nothing is drawn over what was
// printed.
import type { Job } from "../config/schema/job.ts";
import type { LiveRun } from "../console/state/live_run.ts";
import type { RunEvent } from "../report/event.ts";
import { fewRejections } from "../report/few_rejections.ts";
import { namedJob } from "./default_job.ts";
import type { progressLines } from "./lines/progress_lines.ts";
import { env, opening } from "./open_job.ts";
import { safeText } from "./output.ts";
import { asStarted } from "./own_commands.ts";
import { LiveArea, SPARE_ROWS } from "./terminal/live_area.ts";
import { type Look, lookOf } from "./terminal/look.ts";
import { type Line, paint, type Tone } from "./terminal/paint.ts";
import { onTerminalChange, sizeOf } from "./terminal/size.ts";
import { wrapLine } from "./terminal/wrap.ts";

/** Time between two drawings. */
const REDRAW_MS = 200;

type Output = typeof Deno.stdout | typeof Deno.stderr;

/** Shows the events of a run. */
export class Screen implements Disposable {
  readonly #out: Output;
  readonly #look: Look;
  readonly #encoder = new TextEncoder();
  readonly #linesOf = fewRejections();
  /** What the lines begin with where several processes write to the same output. */
  #mark = "";
  readonly #area: LiveArea;
  readonly #redraw = () => this.#draw();
  #signals: Disposable | undefined;
  #live: LiveRun | undefined;
  #progressLines: typeof progressLines | undefined;
  /** What the command does before the run has begun. */
  #doing = "";
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Redraws lines if the output is a terminal that can, else prints plain lines; plain lines in any case if they
   * are marked with the name of a worker.
   */
  constructor(out: Output, worker?: string) {
    this.#out = out;
    if (worker !== undefined) this.#mark = `[${worker}] `;
    const look = lookOf(out.isTerminal(), env, Deno.build.os);
    this.#look = look;
    this.#area = new LiveArea({
      write: (text) => this.#print(text),
      columns: () => sizeOf().columns,
      // Windows does not signal a resize.
      rows: () => Deno.build.os === "windows" ? 0 : sizeOf().rows,
      now: () => performance.now(),
      colors: look.colors,
      reflows: look.reflows,
      safe: safeText,
    });
    if (!look.redraws || worker !== undefined) return;
    this.#timer = setInterval(this.#redraw, REDRAW_MS);
    this.#signals = onTerminalChange({
      resized: () => this.#area.resized(),
      continued: () => this.#area.leave(),
    });
  }

  /** Shows that the database is being opened; plain lines begin with that of the launcher. */
  begin(text = opening()): void {
    this.#doing = text;
    this.#draw();
  }

  /** Follows a run of this job from now on; plain lines need nothing for that. */
  async follow(job: Job): Promise<void> {
    if (this.#timer === undefined) return;
    const { LiveRun } = await import("../console/state/live_run.ts");
    this.#progressLines = (await import("./lines/progress_lines.ts")).progressLines;
    this.#live = new LiveRun(job);
  }

  /** Shows one event. */
  show(event: RunEvent): void {
    this.#doing = "";
    this.#live?.fold(event, Date.now());
    const all = this.#linesOf(event);
    // The progress already shows completed windows, waits, and what is planned.
    const isDrawn = this.#timer !== undefined && DRAWN.has(event.kind);
    const lines = isDrawn ? all.slice(0, event.kind === "window_done" ? -1 : 0) : all;
    if (event.kind === "run_finished") this.#leave();
    // The end of a run is that of all its workers.
    const mark = event.kind === "run_finished" ? "" : this.#mark;
    this.#put(lines.map((line) => mark + line), TONES[event.kind]);
  }

  /** Prints lines above the progress. */
  say(text: string): void {
    this.#put(text.split("\n"), undefined);
  }

  #put(lines: readonly string[], tone: Tone | undefined): void {
    if (lines.length === 0) return;
    const text = lines.flatMap((line) => this.#wrapped(asStarted(line, namedJob(Deno.args))))
      .map((line) => `${paint([{ text: line, tone }], this.#look.colors, safeText)}\n`).join("");
    if (this.#timer === undefined) this.#print(text);
    else this.#area.draw(this.#lines(), text);
  }

  #wrapped(line: string): string[] {
    return this.#look.redraws ? wrapLine(line, sizeOf().columns) : [line];
  }

  #draw(): void {
    if (this.#timer !== undefined) this.#area.draw(this.#lines());
  }

  #lines(): Line[] {
    const nowMs = Date.now();
    const progress = this.#live?.progress(nowMs);
    if (progress === undefined || progress.streams.length === 0 || !this.#progressLines) {
      return this.#doing === "" ? [] : [[{ text: this.#doing, tone: "quiet" }]];
    }
    const { columns, rows } = sizeOf();
    const room = { columns, rows: rows - SPARE_ROWS, unicode: this.#look.unicode };
    return this.#progressLines(progress, room, nowMs);
  }

  /** Draws for the last time; later output is printed below. */
  #leave(): void {
    if (this.#timer === undefined) return;
    this.#doing = "";
    this.#area.draw(this.#lines(), "", true);
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#signals?.[Symbol.dispose]();
    this.#area.leave();
  }

  /** A closed pipe (`| head`), a closed terminal or a full disk must not end the run. */
  #print(text: string): void {
    try {
      const bytes = this.#encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += this.#out.writeSync(bytes.subarray(at));
    } catch { /* the output is gone */ }
  }

  /** Draws for the last time; the progress stays on the screen. */
  [Symbol.dispose](): void {
    this.#leave();
  }
}

/** Events whose lines the progress shows. */
const DRAWN: ReadonlySet<RunEvent["kind"]> = new Set(["window_done", "waiting"]);

/** Colors of lines; the words carry the same meaning. */
const TONES: Partial<Record<RunEvent["kind"], Tone>> = {
  window_failed: "bad",
  row_rejected: "bad",
  warning: "wait",
  waiting: "wait",
};
