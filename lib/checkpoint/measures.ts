// Owns what windows measured, summed by stream: requests, rows and time are forecast from it. A sum is
// changed in memory and written together with the windows it counts; it never decides what is done.
import type { Change } from "./change.ts";
import { readValue } from "./open_kv.ts";

/** Sums over all windows of a stream. */
export interface Measure {
  /** Windows; a stream without windows counts its fetches. */
  windows: number;
  /** Responses read to their end. */
  pages: number;
  /** Records on them. */
  records: number;
  /** Rows created from them, over all tables. */
  rows: number;
  /** Civil minutes that the windows covered. */
  minutes: number;
  /** Milliseconds from a request to the end of its response, over all pages. */
  answerMs: number;
}

/** The sums before the first window. */
export const NO_MEASURE: Readonly<Measure> = {
  windows: 0,
  pages: 0,
  records: 0,
  rows: 0,
  minutes: 0,
  answerMs: 0,
};

/** The measures of one job on one target. */
export class Measures {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #sums = new Map<string, Measure>();

  /** `prefix` is the key under which the sums are stored. */
  constructor(kv: Deno.Kv, prefix: Deno.KvKey) {
    this.#kv = kv;
    this.#prefix = prefix;
  }

  /** Reads the sums of a stream, unless they are in memory already. */
  async load(stream: string): Promise<void> {
    const stored = await readValue<Measure>(this.#kv, [...this.#prefix, stream]);
    if (stored !== null && !this.#sums.has(stream)) this.#sums.set(stream, stored);
  }

  /** Adds what a window measured to the sums of its stream, in memory. */
  add(stream: string, more: Measure): void {
    const sum = this.#sums.get(stream) ?? { ...NO_MEASURE };
    addMeasure(sum, more);
    this.#sums.set(stream, sum);
  }

  /** The sums of a stream; undefined before its first window. */
  of(stream: string): Measure | undefined {
    return this.#sums.get(stream);
  }

  /**
   * Replaces all sums by those of a fold of the logs, which counts what was added here meanwhile; returns the
   * changes that write them.
   */
  replace(sums: Readonly<Record<string, Measure>>): Change[] {
    this.#sums.clear();
    for (const [stream, sum] of Object.entries(sums)) this.#sums.set(stream, { ...sum });
    return this.changes(this.#sums.keys());
  }

  /** The changes that write the sums of these streams. */
  changes(streams: Iterable<string>): Change[] {
    return [...streams].flatMap((stream) => {
      const sum = this.#sums.get(stream);
      return sum === undefined ? [] : [{ key: [...this.#prefix, stream], value: () => sum }];
    });
  }
}

/** Adds what a window measured to a sum. */
export function addMeasure(sum: Measure, more: Measure): void {
  for (const name of Object.keys(sum) as (keyof Measure)[]) sum[name] += more[name];
}
