// Creates events as a run would emit them.
import type { FetchEvent } from "../../lib/fetch/fetch_event.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import type { Subject } from "../../lib/report/text/subject.ts";

type Of<Kind extends RunEvent["kind"]> = Extract<RunEvent, { kind: Kind }>;

/** A week of results. */
export const WEEK: Subject = { stream: "results", each: "", from: "2024-03-02", to: "2024-03-09" };

/** A stream of 13 weeks, 4 of them done. */
export function planned(more: Partial<Of<"stream_planned">> = {}): Of<"stream_planned"> {
  return {
    kind: "stream_planned",
    stream: "results",
    range: "2024-01-01 .. 2024-03-31",
    windows: 9,
    skipped: 4,
    minutes: 9 * 7 * 1440,
    requests: 28,
    seconds: 14,
    doneAtMs: 14_000,
    requestsPerSecond: 2,
    exact: true,
    atLeast: false,
    ...more,
  };
}

/** A window that is done. */
export function windowDone(more: Partial<Of<"window_done">> = {}): Of<"window_done"> {
  return {
    kind: "window_done",
    subject: WEEK,
    pages: 4,
    records: 364,
    rows: 3702,
    counts: { inserted: 3690, updated: 12, unchanged: 0 },
    rejected: 0,
    ms: 2100,
    ...more,
  };
}

/** A window that failed. */
export function windowFailed(reason: string): RunEvent {
  return { kind: "window_failed", subject: WEEK, reason, hint: undefined };
}

/** Something between the program and the source. */
export function request(event: Partial<FetchEvent> & { kind: FetchEvent["kind"] }): RunEvent {
  const about = { stream: "results", request: "GET https://api.test/v1/results", attempt: 1 };
  return { kind: "request", event: { ...about, ...event } as FetchEvent };
}
