// Owns the variables of traces: OTEL_DENO=true requests them, and the variables of OpenTelemetry say where they go.
// The launcher passes HINDCAST_TRACES on and not OTEL_DENO, which would switch Deno's own telemetry on.
/** Names of the variables that a traced command reads. */
export const TRACE_NAMES = [
  "HINDCAST_TRACES",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_SERVICE_NAME",
] as const;

/** The URL that takes traces, as the variables of OpenTelemetry give it; undefined if traces are not requested. */
export function tracesUrl(env: (name: string) => string | undefined): string | undefined {
  if (!/^(true|1)$/.test(env("OTEL_DENO") ?? "")) return undefined;
  const own = env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (own) return own;
  const endpoint = env("OTEL_EXPORTER_OTLP_ENDPOINT") || "http://localhost:4318";
  return `${endpoint.replace(/\/+$/, "")}/v1/traces`;
}
