// Decides whether a run is traced, and where its spans go: OTEL_DENO=true and the variables of OpenTelemetry, which
// the launcher passes on as HINDCAST_TRACES. Deno's own telemetry stays off in the process of a command.
import { monotonicClock } from "../fetch/rate/clock.ts";
import type { RunEvent } from "../report/event.ts";
import { hideSecrets, safeText } from "./output.ts";

/** The trace of one run. */
export interface Trace extends AsyncDisposable {
  /** Adds an event at `atMs`, epoch milliseconds. */
  readonly fold: (event: RunEvent, atMs: number) => void;
}

/** Opens the trace of a run; undefined if none is requested. */
export async function openTrace(
  env: (name: string) => string | undefined,
  warn: (message: string) => void,
): Promise<Trace | undefined> {
  const url = env("HINDCAST_TRACES");
  if (url === undefined || url === "") return undefined;
  const { RunSpans } = await import("../trace/run_spans.ts");
  const { SpanExporter } = await import("../trace/span_exporter.ts");
  const headers = headersOf(env("OTEL_EXPORTER_OTLP_HEADERS") ?? "");
  hideSecrets(Object.values(headers));
  const spans = new RunSpans(randomHex);
  const exporter = new SpanExporter({
    ...{ url, headers, service: env("OTEL_SERVICE_NAME") || "hindcast" },
    now: monotonicClock().now,
    warn: (message) => warn(safeText(message)),
  });
  return {
    fold: (event, atMs) => {
      const span = spans.fold(event, atMs);
      if (span !== undefined) exporter.add(span);
    },
    [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
  };
}

/** `key1=value1,key2=value2`, percent-encoded. */
function headersOf(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.includes("="));
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at).trim().toLowerCase(), decoded(pair.slice(at + 1).trim())];
  }));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function randomHex(digits: number): string {
  return crypto.getRandomValues(new Uint8Array(digits / 2)).toHex();
}
