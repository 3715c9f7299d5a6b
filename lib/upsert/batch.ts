// Owns the station "rows to batches": rows gather while the database is busy with the batch before, and
// are handed over as soon as it is idle. So batches size themselves: a page each while the API is the
// limit, thousands of rows while the database is. A window's end goes with the batch that holds its
// last row. Rows waiting are bounded; beyond that the stations before have to wait.
import type { Extracted } from "../extract/extract_pages.ts";
import type { Rejection } from "../extract/rejection.ts";
import type { Row, RowSet, RowShape } from "../extract/row_shape.ts";
import type { FetchedUnit } from "../fetch/fetch_windows.ts";
import type { Unit } from "../plan/stream_plan.ts";
import type { Failure } from "../failure.ts";
import { NOTHING, sumCounts, type WriteCounts } from "./sql/write_counts.ts";

/** Rows and rejections of a window so far. */
export interface OpenWindow {
  /** Rows made of its records. */
  rows: number;
  /** Rejections that are kept. */
  readonly rejected: Rejection[];
  /** All rejections. */
  rejectedCount: number;
  /** What became of its rows; undefined once they shared a batch with those of another window. */
  counts: WriteCounts | undefined;
}

/** A window whose last row is in the batch. */
export interface Finished extends Omit<FetchedUnit, "kind"> {
  /** Rows of it, in this batch and earlier ones, and its rejections. */
  readonly rows: OpenWindow;
}

/** Rows to be written in one transaction, and what it completes. */
export interface Batch {
  /** The rows, by shape. */
  readonly sets: RowSet[];
  /** How many rows they hold. */
  readonly rows: number;
  /** Windows that are done when the batch is written. */
  readonly finished: Finished[];
  /** Windows that failed meanwhile. */
  readonly failed: { unit: Unit; failure: Failure }[];
  /** Windows that were too full meanwhile. */
  readonly split: { unit: Unit; reason: string }[];
  /** Windows that began again meanwhile. */
  readonly restarted: Unit[];
  /** The windows whose rows are in the batch. */
  readonly windows: readonly OpenWindow[];
}

/** A batch whose rows are at the database, or there already: only what it completes is still needed. */
export type WrittenBatch = Omit<Batch, "sets">;

/**
 * Adds rows that the database refused to the rejections of every window with rows in the batch: which
 * of them a refused row came from is not known, and asking for one window too many loses nothing.
 */
export function rejectRows(batch: WrittenBatch, rejected: readonly Rejection[]): void {
  for (const window of batch.windows) addRejections(window, rejected);
}

/** Credits what was written to the window whose rows the batch holds, where it is but one. */
export function creditRows(
  batch: WrittenBatch,
  counts: ReadonlyMap<string, WriteCounts>,
): void {
  if (batch.rows === 0) return;
  for (const window of batch.windows) {
    if (window.counts === undefined) continue;
    window.counts = batch.windows.length > 1
      ? undefined
      : [...counts.values()].reduce(sumCounts, window.counts);
  }
}

function addRejections(window: OpenWindow, rejected: readonly Rejection[]): void {
  window.rejectedCount += rejected.length;
  window.rejected.push(...rejected.slice(0, Math.max(0, REJECTIONS_KEPT - window.rejected.length)));
}

/** Rows of all tables, and windows that have ended, that may wait for the database; then no page is added. */
export const ROWS_WAITING = 6_000;
/** Bytes of the pages whose rows may wait: rows may be of any size. */
export const BYTES_WAITING: number = 16 << 20;

/** Rejections of one window kept with their values; further ones are counted. */
const REJECTIONS_KEPT = 1000;

/**
 * Gathers rows into batches, one at a time, each as large as the time of writing the one before allowed.
 * `onLeave` is called where batches are no longer taken, so that the stations before need not be waited
 * for: one of them may be waiting for an answer.
 */
export async function* batchRows(
  source: AsyncIterable<Extracted>,
  onLeave: () => void = () => {},
): AsyncGenerator<Batch> {
  const gathering = new Gathering();
  const pump = (async () => {
    try {
      for await (const item of source) {
        gathering.add(item);
        await gathering.room();
        if (gathering.left) break;
      }
      gathering.end();
    } catch (error) {
      gathering.end(error);
    }
  })();
  try {
    for (let batch = await gathering.take(); batch !== undefined; batch = await gathering.take()) {
      yield batch;
    }
  } finally {
    gathering.leave();
    onLeave();
    await pump;
  }
}

class Gathering {
  left = false;
  readonly #open = new Map<Unit, OpenWindow>();
  #sets = new Map<RowShape, Row[]>();
  #batch = emptyBatch();
  #rows = 0;
  #bytes = 0;
  #windows = new Set<OpenWindow>();
  #ended = false;
  #error: { error: unknown } | undefined;
  #waiting: (() => void)[] = [];

  add(item: Extracted): void {
    switch (item.kind) {
      case "rows":
        this.#addRows(item.unit, item.sets, item.rejected);
        this.#bytes += item.bytes;
        break;
      case "restarted":
        this.#open.delete(item.unit);
        this.#batch.restarted.push(item.unit);
        break;
      case "split":
        this.#open.delete(item.unit);
        this.#batch.split.push(item);
        break;
      case "failed":
        this.#open.delete(item.unit);
        this.#batch.failed.push(item);
        break;
      case "done":
        this.#batch.finished.push(this.#finish(item));
    }
    this.#wake();
  }

  /** Waits until more may be added. */
  async room(): Promise<void> {
    while (this.#isFull() && !this.left) await this.#change();
  }

  /**
   * The batch gathered so far, as soon as it holds anything; undefined at the end. The end of a window
   * follows its last page within the same turn of the event loop: waiting that long saves it a
   * transaction of its own.
   */
  async take(): Promise<Batch | undefined> {
    while (this.#isEmpty() && !this.#ended) await this.#change();
    if (this.#batch.finished.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#isEmpty()) {
      if (this.#error !== undefined) throw this.#error.error;
      return undefined;
    }
    const batch: Batch = {
      ...this.#batch,
      sets: [...this.#sets].map(([shape, rows]): RowSet => ({ shape, rows })),
      rows: this.#rows,
      windows: [...this.#windows],
    };
    [this.#sets, this.#batch, this.#windows] = [new Map(), emptyBatch(), new Set()];
    [this.#rows, this.#bytes] = [0, 0];
    this.#wake();
    return batch;
  }

  end(error?: unknown): void {
    this.#ended = true;
    if (error !== undefined) this.#error = { error };
    this.#wake();
  }

  leave(): void {
    this.left = true;
    this.#wake();
  }

  #addRows(unit: Unit, sets: readonly RowSet[], rejected: readonly Rejection[]): void {
    const open = this.#opened(unit);
    for (const { shape, rows } of sets) {
      const gathered = this.#sets.get(shape);
      if (gathered === undefined) this.#sets.set(shape, rows);
      else for (const row of rows) gathered.push(row);
      open.rows += rows.length;
      this.#rows += rows.length;
    }
    addRejections(open, rejected);
    this.#windows.add(open);
  }

  #finish(done: FetchedUnit): Finished {
    const rows = this.#opened(done.unit);
    this.#open.delete(done.unit);
    this.#windows.add(rows);
    const { kind: _, ...finished } = done;
    return { ...finished, rows };
  }

  #opened(unit: Unit): OpenWindow {
    let open = this.#open.get(unit);
    if (open === undefined) {
      open = { rows: 0, rejected: [], rejectedCount: 0, counts: NOTHING };
      this.#open.set(unit, open);
    }
    return open;
  }

  #isEmpty(): boolean {
    return this.#size() === 0;
  }

  /** What is empty cannot be taken, so it is never full: pages may have bytes and no rows. */
  #isFull(): boolean {
    return this.#size() >= ROWS_WAITING || this.#bytes >= BYTES_WAITING && !this.#isEmpty();
  }

  #size(): number {
    const { finished, failed, split, restarted } = this.#batch;
    return this.#rows + finished.length + failed.length + split.length + restarted.length;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const waiting of this.#waiting.splice(0)) waiting();
  }
}

function emptyBatch(): {
  finished: Finished[];
  failed: Batch["failed"];
  split: Batch["split"];
  restarted: Unit[];
} {
  return { finished: [], failed: [], split: [], restarted: [] };
}
