// Sends spans to a collector of OpenTelemetry: OTLP over HTTP, as JSON. Deno's own exporter is not used, because
// with it Deno also exports a span for each fetch, with the full URL and the secrets in it. Invariant: a run never
// waits for the collector, but at its end and for a few seconds at most; what it does not take is dropped, once
// with a warning.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
import { HttpClient } from "../fetch/http/http.ts";
import type { Attribute, Span } from "./run_spans.ts";

/** Where spans go, and as whose. */
export interface ExporterOptions {
  /** URL that takes traces. */
  readonly url: string;
  /** Headers of each request, such as an API key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the service. */
  readonly service: string;
  /** Returns monotonic milliseconds. */
  readonly now: () => number;
  /** Reports that spans are lost. */
  readonly warn: (message: string) => void;
}

/** Spans of one request. */
const SPANS_PER_REQUEST = 512;

/** Most spans that wait for a collector that is slow. */
const MOST_WAITING = 4096;

const TIMEOUT_MS = 5_000;
const MOST_BODY_BYTES = 64 * 1024;

/** Sends spans in batches. */
export class SpanExporter implements AsyncDisposable {
  readonly #options: ExporterOptions;
  readonly #http: HttpClient;
  #waiting: Span[] = [];
  #sending: Promise<void> = Promise.resolve();
  #hasWarned = false;

  /** Sends nothing yet. */
  constructor(options: ExporterOptions) {
    this.#options = options;
    const { now } = options;
    this.#http = new HttpClient({ timeoutMs: TIMEOUT_MS, maxBodyBytes: MOST_BODY_BYTES, now });
  }

  /** Adds a span that has ended. */
  add(span: Span): void {
    if (this.#waiting.length >= MOST_WAITING) return this.#lost("it is too slow");
    this.#waiting.push(span);
    if (this.#waiting.length === SPANS_PER_REQUEST) this.#send();
  }

  /** Sends what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#send();
    await this.#sending;
    this.#http[Symbol.dispose]();
  }

  #send(): void {
    this.#sending = this.#sending.then(async () => {
      while (this.#waiting.length > 0) {
        await this.#post(this.#waiting.splice(0, SPANS_PER_REQUEST));
      }
    });
  }

  async #post(spans: readonly Span[]): Promise<void> {
    const { url, headers, service } = this.#options;
    const body = JSON.stringify(traceOf(service, spans));
    const all = { ...headers, "content-type": "application/json" };
    try {
      const signal = new AbortController().signal;
      const { status } = await this.#http.exchange(
        { method: "POST", url, headers: all, body },
        signal,
      );
      if (status >= 300) this.#lost(`it responded with status ${status}`);
    } catch (error) {
      this.#lost(error instanceof Error ? error.message : String(error));
    }
  }

  #lost(reason: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#options.warn(`Cannot send spans to the collector: ${reason}`);
  }
}

/** Spans as OTLP writes them in JSON. */
function traceOf(service: string, spans: readonly Span[]): unknown {
  return {
    resourceSpans: [{
      resource: { attributes: attributesOf({ "service.name": service }) },
      scopeSpans: [{ scope: { name: "hindcast" }, spans: spans.map(spanOf) }],
    }],
  };
}

function spanOf(span: Span): unknown {
  const { traceId, spanId, parentId, name, isClient, startMs, endMs, attributes, error } = span;
  return {
    ...{ traceId, spanId, name, kind: isClient ? 3 : 1 },
    ...parentId === undefined ? {} : { parentSpanId: parentId },
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(endMs),
    attributes: attributesOf(attributes),
    status: error === undefined ? {} : { code: 2, message: error },
  };
}

/** Nanoseconds have too many digits for a number. */
function nanos(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function attributesOf(attributes: Readonly<Record<string, Attribute>>): unknown[] {
  return Object.entries(attributes).map(([key, value]) => {
    switch (typeof value) {
      case "number":
        return { key, value: { intValue: String(Math.round(value)) } };
      case "boolean":
        return { key, value: { boolValue: value } };
      default:
        return { key, value: { stringValue: value } };
    }
  });
}
