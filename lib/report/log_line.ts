// Owns the lines of a log file: one per event worth keeping, with its time first. Requests are logged with
// their masked URL, so that the log alone explains a run.
import type { RunEvent } from "./event.ts";
import { oneLine } from "./text/format.ts";
import { plainLines } from "./plain_lines.ts";

/** The log lines of an event, each with an ISO 8601 time; `atMs` is epoch milliseconds. */
export function logLines(event: RunEvent, atMs: number): string[] {
  const time = new Date(atMs).toISOString();
  const lines = event.kind === "request" ? requestLines(event) : plainLines(event);
  return lines.map((line) => `${time} ${oneLine(line).trim()}`);
}

function requestLines({ event }: Extract<RunEvent, { kind: "request" }>): string[] {
  switch (event.kind) {
    case "requested":
      return [];
    case "answered":
      return [`${event.status} ${event.request} ${Math.round(event.ms)} ms ${event.bytes} bytes`];
    case "refused":
      return [`refused ${event.request}: retry after ${event.retryAfterMs ?? "?"} ms`];
    case "retrying":
      return [`retrying ${event.request} in ${Math.round(event.waitMs)} ms: ${event.reason}`];
  }
}

/** The stream of an event; undefined for events of the whole run. */
export function streamOf(event: RunEvent): string | undefined {
  if ("subject" in event) return event.subject.stream;
  if (event.kind === "request") return event.event.stream;
  return "stream" in event ? event.stream : undefined;
}
