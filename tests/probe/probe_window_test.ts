import { assertEquals } from "@std/assert";
import { probeWindow } from "../../lib/probe/probe_window.ts";
import { formatWindow } from "../../lib/report/text/format.ts";
import { at, jobOf } from "../plan/jobs.ts";

const NOW = Date.parse("2025-10-20T12:00:00Z");

function windowOf(window: unknown, from?: string): string | null {
  const job = jobOf({ things: { window } });
  const found = probeWindow(
    job,
    job.streams.things!,
    from === undefined ? undefined : at(from),
    NOW,
  );
  return found === null ? null : formatWindow(found);
}

Deno.test("probeWindow() is yesterday when no day is given, and never reaches beyond today", () => {
  assertEquals(windowOf("day"), "2025-10-19");
  assertEquals(windowOf("14d"), "2025-10-19 .. 2025-10-20");
  assertEquals(windowOf("month"), "2025-10-19 .. 2025-10-20");
  assertEquals(windowOf("6h"), "2025-10-19 .. 2025-10-19T06:00");
  assertEquals(windowOf("auto"), "2025-10-19");
});

Deno.test("probeWindow() begins at the day given and has the declared length", () => {
  assertEquals(windowOf("7d", "2025-01-01"), "2025-01-01 .. 2025-01-07");
  assertEquals(windowOf("month", "2025-01-10"), "2025-01-10 .. 2025-01-31");
  assertEquals(windowOf({ min: "7d", max: "365d" }, "2025-01-01"), "2025-01-01 .. 2025-01-07");
  assertEquals(windowOf({ min: "1h" }, "2025-01-01"), "2025-01-01");
  assertEquals(windowOf("day", "2025-12-24"), "2025-12-24");
});

Deno.test("probeWindow() is null when the stream has no windows", () => {
  const job = jobOf({ things: { request: "/things" } });
  assertEquals(probeWindow(job, job.streams.things!, undefined, NOW), null);
});
