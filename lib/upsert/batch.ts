// Owns the station "rows to batches": rows accumulate while the database writes the previous batch, and
// leave as soon as it is idle. So batches size themselves: one page each while the API is the bottleneck,
// thousands of rows while the database is. The end of a window travels with the batch that holds its last
// row. The number of waiting rows is bounded; beyond it, the earlier stations wait.
import type { Extracted } from "../extract/extract_pages.ts";
import type { Row, RowSet, RowShape } from "../extract/row_shape.ts";
import type { FetchedPart, FetchedUnit } from "../fetch/fetch_unit.ts";
import type { KeptResponse } from "../fetch/page_archive.ts";
import type { Unit } from "../plan/unit.ts";
import type { Failure } from "../failure.ts";
import { RowDigest } from "./digest.ts";
import { addRejections, type OpenWindow } from "./open_window.ts";
import { type Stated, StatedKeys } from "./stated_keys.ts";
import { NOTHING } from "./sql/write_counts.ts";

/** A window whose last row is in the batch. */
export interface Finished extends Omit<FetchedUnit, "kind"> {
  /** Its rows, in this batch and earlier ones, and its rejections. */
  readonly rows: OpenWindow;
}

/** The pages of a feed that are complete although its reading continues; the last ones are in the batch. */
export interface PartlyRead extends FetchedPart {
  /** The reading. */
  readonly unit: Unit;
  /** Rows extracted from these pages. */
  readonly extracted: number;
  /** Its rows and rejections, which later pages add to. */
  readonly rows: OpenWindow;
}

/** Rows to write in one transaction, and the windows that the transaction completes. */
export interface Batch {
  /** The rows, by shape. */
  readonly sets: RowSet[];
  /** How many rows they hold. */
  readonly rows: number;
  /** Windows that are complete once the batch is written. */
  readonly finished: Finished[];
  /** Readings of feeds that have come further, and have not ended. */
  readonly parts: readonly PartlyRead[];
  /** Windows that failed in the meantime. */
  readonly failed: { unit: Unit; failure: Failure }[];
  /** Windows that were split in the meantime because they held too many records. */
  readonly split: { unit: Unit; reason: string }[];
  /** Windows that restarted in the meantime. */
  readonly restarted: { unit: Unit; reason: string }[];
  /** The archived responses that its rows come from. */
  readonly kept: KeptResponse[];
  /** The windows that have rows in the batch. */
  readonly windows: readonly OpenWindow[];
  /** The keys of its rows in tables whose rows are watched. */
  readonly stated: readonly Stated[];
}

/** A batch whose rows have been handed to the database: only what it completes is still needed. */
export type WrittenBatch = Omit<Batch, "sets" | "stated" | "parts">;

/** The most rows and ended windows that may wait for the database; no page is added beyond that. */
export const ROWS_WAITING = 6_000;
/** The most bytes of pages whose rows may wait: a row can have any size. */
export const BYTES_WAITING: number = 16 << 20;

/**
 * Accumulates rows into batches, one at a time. A batch grows while the previous one is written.
 * `onLeave` is called when the consumer stops early, so that nothing waits for the earlier stations: one
 * of them may be waiting for a response.
 */
export async function* batchRows(
  source: AsyncIterable<Extracted>,
  onLeave: () => void = () => {},
  notes: BatchNotes = { watchedBy: () => NO_TABLES, digests: () => false },
): AsyncGenerator<Batch> {
  const builder = new BatchBuilder(notes);
  const pump = (async () => {
    try {
      for await (const item of source) {
        builder.add(item);
        await builder.room();
        if (builder.left) break;
      }
      builder.end();
    } catch (error) {
      builder.end(error);
    }
  })();
  try {
    for (let batch = await builder.take(); batch !== undefined; batch = await builder.take()) {
      yield batch;
    }
  } finally {
    builder.leave();
    onLeave();
    await pump;
  }
}

const NO_TABLES: ReadonlySet<string> = new Set();

/** What is recorded about the rows of a stream in addition to them. */
export interface BatchNotes {
  /** The tables of a stream whose rows can vanish. */
  readonly watchedBy: (stream: string) => ReadonlySet<string>;
  /** Whether a later fetch compares the rows of a stream's windows. */
  readonly digests: (stream: string) => boolean;
}

class BatchBuilder {
  left = false;
  readonly #notes: BatchNotes;
  readonly #open = new Map<Unit, OpenWindow>();
  #sets = new Map<RowShape, Row[]>();
  #batch = emptyBatch();
  readonly #parts = new Map<Unit, PartlyRead>();
  #rows = 0;
  #bytes = 0;
  #windows = new Set<OpenWindow>();
  #ended = false;
  #error: { error: unknown } | undefined;
  #waiting: (() => void)[] = [];

  constructor(notes: BatchNotes) {
    this.#notes = notes;
  }

  add(item: Extracted): void {
    // The pages before one that fails are complete.
    if (item.kind !== "rows" && item.kind !== "failed") this.#parts.delete(item.unit);
    switch (item.kind) {
      case "rows":
        this.#addRows(item);
        if (item.replaced) this.#replaced(item.unit, item.replaced);
        this.#bytes += item.bytes;
        if (item.kept !== undefined) this.#batch.kept.push(...item.kept);
        break;
      case "restarted":
        this.#open.delete(item.unit);
        this.#batch.restarted.push(item);
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

  /** Waits until there is room for more. */
  async room(): Promise<void> {
    while (this.#isFull() && !this.left) await this.#change();
  }

  /**
   * The batch so far, as soon as it holds anything; undefined at the end. The end of a window follows its
   * last page within the same turn of the event loop: waiting that long saves a separate transaction.
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
      parts: [...this.#parts.values()],
      sets: [...this.#sets].map(([shape, rows]): RowSet => ({ shape, rows })),
      rows: this.#rows,
      windows: [...this.#windows],
      stated: [...this.#windows].flatMap(({ stated }) => stated?.take() ?? []),
    };
    [this.#sets, this.#batch, this.#windows] = [new Map(), emptyBatch(), new Set()];
    [this.#rows, this.#bytes] = [0, 0];
    this.#parts.clear();
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

  #addRows({ unit, sets, rejected, dates, part }: Extract<Extracted, { kind: "rows" }>): void {
    const open = this.#opened(unit);
    for (const set of sets) {
      open.stated?.add(set, dates);
      open.digest?.add(set);
      const { shape, rows } = set;
      const gathered = this.#sets.get(shape);
      if (gathered === undefined) this.#sets.set(shape, rows);
      else for (const row of rows) gathered.push(row);
      open.rows += rows.length;
      this.#rows += rows.length;
    }
    addRejections(open, rejected);
    this.#windows.add(open);
    if (part !== undefined) {
      this.#parts.set(unit, { ...part, unit, extracted: open.rows, rows: open });
    }
  }

  #replaced(unit: Unit, count: number): void {
    const open = this.#opened(unit);
    open.replaced = (open.replaced ?? 0) + count;
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
      const watched = this.#notes.watchedBy(unit.stream);
      const digest = this.#notes.digests(unit.stream) ? new RowDigest() : undefined;
      const stated = watched.size === 0
        ? undefined
        : new StatedKeys(unit, watched, crypto.randomUUID());
      // Rows that were rejected before the reading was interrupted still are.
      const rejectedCount = unit.feed?.part?.rejected ?? 0;
      open = { rows: 0, rejected: [], rejectedCount, stated, digest, counts: NOTHING };
      this.#open.set(unit, open);
    }
    return open;
  }

  #isEmpty(): boolean {
    return this.#size() === 0;
  }

  /** An empty batch cannot be taken, so it is never full: a page may have bytes and no rows. */
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
  restarted: Batch["restarted"];
  kept: Batch["kept"];
} {
  return { finished: [], failed: [], split: [], restarted: [], kept: [] };
}
