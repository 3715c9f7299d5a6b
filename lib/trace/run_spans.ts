// Folds the events of a run into spans of OpenTelemetry: the run, its windows, requests and batches. Pure. Events
// contain masked strings, so no span contains a secret. A window or a request has ended when its event comes; its
// start is computed from how long it took.
import type { FetchEvent } from "../fetch/fetch_event.ts";
import type { RunEvent } from "../report/event.ts";
import { NOTHING, sumCounts } from "../upsert/sql/write_counts.ts";

/** The value of an attribute. */
export type Attribute = string | number | boolean;

/** A span that has ended. */
export interface Span {
  /** 32 hexadecimal digits; all spans of a run have the same. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The span of the run; undefined for that span itself. */
  readonly parentId: string | undefined;
  /** What it is. */
  readonly name: string;
  /** Whether it is a request to another server. */
  readonly isClient: boolean;
  /** Epoch milliseconds. */
  readonly startMs: number;
  /** Epoch milliseconds. */
  readonly endMs: number;
  /** Its attributes so far. */
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Why it failed; undefined if it did not. */
  readonly error: string | undefined;
}

/** The spans of one run. */
export class RunSpans {
  readonly #randomId: (digits: number) => string;
  readonly #traceId: string;
  readonly #rootId: string;
  #root: { startMs: number; attributes: Record<string, Attribute> } | undefined;

  /** `randomId` returns a random number with that many hexadecimal digits. */
  constructor(randomId: (digits: number) => string) {
    this.#randomId = randomId;
    this.#traceId = randomId(32);
    this.#rootId = randomId(16);
  }

  /** The span that ends with an event at `atMs`, epoch milliseconds; undefined if none does. */
  fold(event: RunEvent, atMs: number): Span | undefined {
    switch (event.kind) {
      case "run_started": {
        const { run, job, target, resumed } = event;
        const attributes = {
          ...{ "hindcast.run": run, "hindcast.job": job },
          ...{ "hindcast.target": target, "hindcast.resumed": resumed },
        };
        this.#root = { startMs: atMs, attributes };
        return undefined;
      }
      case "request":
        return this.#request(event.event, atMs);
      case "window_done":
      case "window_failed":
        return this.#window(event, atMs);
      case "batch_written": {
        const counts = [...event.counts.values()].reduce(sumCounts, NOTHING);
        return this.#child("write batch", atMs, event.ms, {
          ...{ "hindcast.rows": event.rows, "hindcast.windows": event.windows },
          ...{ "hindcast.rows.new": counts.inserted, "hindcast.rows.changed": counts.updated },
        });
      }
      case "run_finished":
        return this.#finish(event, atMs);
      default:
        return undefined;
    }
  }

  #request(event: FetchEvent, atMs: number): Span | undefined {
    if (event.kind !== "answered") return undefined;
    const [method = "", url = ""] = event.request.split(/ (.*)/s);
    const attributes = {
      ...{ "hindcast.stream": event.stream, "http.request.method": method, "url.full": url },
      "http.response.status_code": event.status,
      "http.response.body.size": event.bytes,
      "http.request.resend_count": event.attempt - 1,
    };
    const error = event.status >= 400 ? `status ${event.status}` : undefined;
    return { ...this.#child(method, atMs, event.ms, attributes), isClient: true, error };
  }

  #window(
    event: Extract<RunEvent, { kind: "window_done" | "window_failed" }>,
    atMs: number,
  ): Span {
    const { stream, each, from, to } = event.subject;
    const attributes: Record<string, Attribute> = { "hindcast.stream": stream };
    if (from !== null) attributes["hindcast.window.from"] = from;
    if (to !== null) attributes["hindcast.window.to"] = to;
    if (each !== "") attributes["hindcast.each"] = each;
    if (event.kind === "window_failed") {
      return { ...this.#child(`window ${stream}`, atMs, 0, attributes), error: event.reason };
    }
    const { pages, records, rows, rejected, ms } = event;
    return this.#child(`window ${stream}`, atMs, ms, {
      ...attributes,
      ...{ "hindcast.pages": pages, "hindcast.records": records },
      ...{ "hindcast.rows": rows, "hindcast.rejected": rejected },
    });
  }

  #finish(
    { summary }: Extract<RunEvent, { kind: "run_finished" }>,
    atMs: number,
  ): Span | undefined {
    if (this.#root === undefined) return undefined;
    const { outcome, windows, requests, refused } = summary;
    return {
      ...this.#child("run", atMs, atMs - this.#root.startMs, {
        ...this.#root.attributes,
        ...{ "hindcast.outcome": outcome, "hindcast.requests": requests },
        ...{ "hindcast.windows.done": windows.done, "hindcast.windows.failed": windows.failed },
        "hindcast.refused": refused,
      }),
      spanId: this.#rootId,
      parentId: undefined,
      error: outcome === "failed" ? "the run failed" : undefined,
    };
  }

  #child(
    name: string,
    endMs: number,
    ms: number,
    attributes: Readonly<Record<string, Attribute>>,
  ): Span {
    return {
      ...{ traceId: this.#traceId, spanId: this.#randomId(16), parentId: this.#rootId },
      ...{ name, isClient: false, startMs: endMs - ms, endMs, attributes, error: undefined },
    };
  }
}
