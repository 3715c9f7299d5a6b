// Counts what the runs of this process did, since it started: the counters of /metrics. A fold of events;
// it reads no store.
import type { FetchEvent } from "../../fetch/fetch_event.ts";
import type { RunEvent } from "../../report/event.ts";

/** A number of things and the seconds they took together. */
export interface Duration {
  /** How many there were. */
  readonly count: number;
  /** Seconds of all of them. */
  readonly seconds: number;
}

/** Counters by the value of a label, or by several joined as JSON. */
export type Counts = ReadonlyMap<string, number>;

/** The counters of a process. */
export class RunCounters {
  readonly #requests = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #retries = new Map<string, number>();
  readonly #responses = new Map<string, number>();
  readonly #rows = new Map<string, number>();
  readonly #rejected = new Map<string, number>();
  readonly #fetches = new Map<string, Duration>();
  #writes: Duration = { count: 0, seconds: 0 };

  /** Requests sent, by stream. */
  get requests(): Counts {
    return this.#requests;
  }

  /** Requests that the API refused as too frequent, by stream. */
  get refused(): Counts {
    return this.#refused;
  }

  /** Requests sent again, by stream. */
  get retries(): Counts {
    return this.#retries;
  }

  /** Responses, by `[stream, status]`. */
  get responses(): Counts {
    return this.#responses;
  }

  /** Rows written, by `[table, kind]`. */
  get rows(): Counts {
    return this.#rows;
  }

  /** Rejected rows, by stream. */
  get rejected(): Counts {
    return this.#rejected;
  }

  /** Responses that were read to their end, and the time from their requests, by stream. */
  get fetches(): ReadonlyMap<string, Duration> {
    return this.#fetches;
  }

  /** Batches and the time of their transactions. */
  get writes(): Duration {
    return this.#writes;
  }

  /** Adds one event. */
  fold(event: RunEvent): void {
    switch (event.kind) {
      case "request":
        return this.#request(event.event);
      case "window_done":
        return add(this.#rejected, event.subject.stream, event.rejected);
      case "batch_written":
        this.#writes = plus(this.#writes, event.ms);
        for (const [table, { inserted, updated, unchanged }] of event.counts) {
          add(this.#rows, JSON.stringify([table, "new"]), inserted);
          add(this.#rows, JSON.stringify([table, "changed"]), updated);
          add(this.#rows, JSON.stringify([table, "unchanged"]), unchanged);
        }
    }
  }

  #request(event: FetchEvent): void {
    switch (event.kind) {
      case "requested":
        return add(this.#requests, event.stream, 1);
      case "refused":
        return add(this.#refused, event.stream, 1);
      case "retrying":
        return add(this.#retries, event.stream, 1);
      case "answered": {
        add(this.#responses, JSON.stringify([event.stream, String(event.status)]), 1);
        const before = this.#fetches.get(event.stream) ?? { count: 0, seconds: 0 };
        this.#fetches.set(event.stream, plus(before, event.ms));
      }
    }
  }
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

function plus({ count, seconds }: Duration, ms: number): Duration {
  return { count: count + 1, seconds: seconds + ms / 1000 };
}
