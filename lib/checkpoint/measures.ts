// Owns what windows measured, summed by stream, and by stream and parameters: requests, rows and time are forecast
// from it. A sum is changed in memory and written together with the windows it counts; it never decides what is done.
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

  /** Reads the sums of a stream, and those with its parameters, unless they are in memory already. */
  async load(stream: string, scope: string): Promise<void> {
    for (const id of sumIds(stream, scope)) {
      const stored = await readValue<Measure>(this.#kv, [...this.#prefix, id]);
      if (stored !== null && !this.#sums.has(id)) this.#sums.set(id, stored);
    }
  }

  /** Adds what a window measured to the sums of its stream, in memory. */
  add(stream: string, more: Measure, scope = ""): void {
    for (const id of sumIds(stream, scope)) {
      const sum = this.#sums.get(id) ?? { ...NO_MEASURE };
      addMeasure(sum, more);
      this.#sums.set(id, sum);
    }
  }

  /** The sums of a stream with any parameters; undefined before its first window. */
  of(stream: string): Measure | undefined {
    return this.#sums.get(stream);
  }

  /** The sums of a stream with these parameters, once they have been used; else those with any. */
  with(stream: string, scope: string): Measure | undefined {
    return this.#sums.get(sumIds(stream, scope).at(-1)!) ?? this.#sums.get(stream);
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

  /** The changes that write these sums. */
  changes(ids: Iterable<string>): Change[] {
    return [...ids].flatMap((id) => {
      const sum = this.#sums.get(id);
      return sum === undefined ? [] : [{ key: [...this.#prefix, id], value: () => sum }];
    });
  }
}

/** The sums that a window counts towards: that of its stream, and that of its stream and parameters. */
export function sumIds(stream: string, scope: string): string[] {
  return scope === "" ? [stream] : [stream, `${stream}\0${scope}`];
}

/** Adds what a window measured to a sum. */
export function addMeasure(sum: Measure, more: Measure): void {
  for (const name of Object.keys(sum) as (keyof Measure)[]) sum[name] += more[name];
}
