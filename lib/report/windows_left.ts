// Counts the windows of a run's range that are left, for a run that ends early. A fold over events.
// Invariant: a stream that has been read to its end has none left, regardless of the forecast.
import type { RunEvent } from "./event.ts";

/** What is known of one stream. */
interface Counts {
  planned: number;
  settled: number;
}

/** The windows that are neither done nor failed. */
export class WindowsLeft {
  readonly #streams = new Map<string, Counts>();
  readonly #signal: AbortSignal;

  /** `signal` stops the run. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Adds one event. */
  fold(event: RunEvent): void {
    if (event.kind === "stream_planned") {
      this.#streams.set(event.stream, { planned: event.windows, settled: 0 });
    } else if (event.kind === "window_done" || event.kind === "window_failed") {
      const counts = this.#streams.get(event.subject.stream);
      if (counts !== undefined) counts.settled++;
    } else if (event.kind === "stream_finished") this.#finish(event.stream, event.planned);
  }

  /** Their number, as forecast for windows that size themselves. */
  get count(): number {
    return [...this.#streams.values()]
      .reduce((sum, { planned, settled }) => sum + Math.max(0, planned - settled), 0);
  }

  #finish(stream: string, planned: number): void {
    const counts = this.#streams.get(stream);
    const isRead = counts?.settled === planned && !this.#signal.aborted;
    if (counts !== undefined && isRead) counts.planned = planned;
  }
}
