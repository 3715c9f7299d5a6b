// Shows a run in progress: bars on a terminal, plain lines elsewhere. With --json both go to stderr, so that
// stdout holds only the JSON object at the end.
import type { RunEvent } from "../report/event.ts";
import { fewRejections } from "../report/few_rejections.ts";
import { Progress } from "../report/progress_bars.ts";
import { safeText } from "./output.ts";
import { namedJob } from "./default_job.ts";
import { asStarted } from "./own_commands.ts";

/** Time between two drawings of the bars. */
const REDRAW_MS = 200;

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

type Output = typeof Deno.stdout | typeof Deno.stderr;

/** Shows the events of a run. */
export class Screen implements Disposable {
  readonly #out: Output;
  readonly #bars: Progress | undefined;
  readonly #encoder = new TextEncoder();
  readonly #linesOf = fewRejections();
  /** What the lines begin with where several processes write to the same output. */
  #mark = "";
  #drawn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * Shows bars if the output is a terminal, else plain lines; plain lines in any case if they are marked with the
   * name of a worker.
   */
  constructor(out: Output, worker?: string) {
    this.#out = out;
    if (worker !== undefined) this.#mark = `[${worker}] `;
    if (!out.isTerminal() || worker !== undefined) return;
    this.#bars = new Progress(() => performance.now());
    this.#print(HIDE_CURSOR);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  /** Shows one event. */
  show(event: RunEvent): void {
    this.#bars?.fold(event);
    const all = this.#linesOf(event);
    // The bars already show completed windows.
    const areBars = this.#bars !== undefined && event.kind === "window_done";
    const lines = areBars ? all.slice(0, -1) : all;
    if (lines.length === 0) return;
    if (event.kind === "run_finished") this.#leaveBars();
    this.#erase();
    // The end of a run is that of all its workers.
    const mark = event.kind === "run_finished" ? "" : this.#mark;
    this.#print(`${safeText(lines.map((line) => mark + line).join("\n"))}\n`);
    this.#draw();
  }

  /** Prints lines above the bars. */
  say(text: string): void {
    this.#erase();
    this.#print(`${safeText(text)}\n`);
  }

  #draw(): void {
    if (this.#bars === undefined || this.#timer === undefined) return;
    const lines = this.#bars.render(columns());
    const up = this.#drawn === 0 ? "" : `\x1b[${this.#drawn}A`;
    this.#print(up + lines.map((line) => `\x1b[2K${safeText(line)}\n`).join(""));
    this.#drawn = lines.length;
  }

  /** Draws the bars for the last time; later output is printed below them. */
  #leaveBars(): void {
    if (this.#timer === undefined) return;
    this.#draw();
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#drawn = 0;
    this.#print(SHOW_CURSOR);
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    this.#print(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  /** A closed pipe (`| head`), a closed terminal or a full disk must not end the run. */
  #print(text: string): void {
    try {
      this.#out.writeSync(this.#encoder.encode(asStarted(text, namedJob(Deno.args))));
    } catch { /* the output is gone */ }
  }

  /** Removes the bars from the terminal. */
  [Symbol.dispose](): void {
    this.#leaveBars();
  }
}

function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 100;
  }
}
