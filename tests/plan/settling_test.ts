import { assertEquals } from "@std/assert";
import { nextVisit } from "../../lib/plan/settling.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";

const DAY_MS = 86_400_000;
const AGES = [1, 3, 14].map((days) => days * DAY_MS);
const at = (text: string) => Date.parse(text);

/** When the first dates from one day to another, fetched at an instant, are due again. */
function next(from: string, to: string, fetched: string, now: string, timeZone = "UTC") {
  const window = { from: parseCivil(from)!, to: parseCivil(to)! };
  const visit = { ...window, fetchedAtMs: at(fetched), digest: null, unchanged: 0 };
  const due = nextVisit(visit, AGES, at(now), timeZone);
  return due && [new Date(due.atMs).toISOString(), due.ageMs / DAY_MS];
}

Deno.test("nextVisit() is when the first day reaches an age that it did not have when it was fetched", () => {
  const fetched = "2026-11-28T12:00:00Z";
  assertEquals(next("2026-11-27", "2026-11-28", fetched, fetched), ["2026-11-29T00:00:00.000Z", 1]);
  // The day before has had the first age, and waits for the second.
  assertEquals(next("2026-11-26", "2026-11-27", fetched, fetched), ["2026-11-30T00:00:00.000Z", 3]);
  assertEquals(next("2026-11-20", "2026-11-21", fetched, fetched), [
    "2026-12-05T00:00:00.000Z",
    14,
  ]);
  assertEquals(next("2026-11-01", "2026-11-02", fetched, fetched), undefined);
  // Of several days the first one that is due; what is due already is due now.
  assertEquals(next("2026-11-24", "2026-11-28", fetched, fetched), ["2026-11-29T00:00:00.000Z", 1]);
  const later = "2026-12-24T08:00:00Z";
  assertEquals(next("2026-11-27", "2026-11-28", fetched, later)?.[0], "2026-12-24T08:00:00.000Z");
});

Deno.test("nextVisit() uses the job's time zone, and the end of a window shorter than a day", () => {
  const fetched = "2026-11-28T12:00:00Z";
  assertEquals(
    next("2026-11-27", "2026-11-28", fetched, fetched, "America/New_York"),
    ["2026-11-29T05:00:00.000Z", 1],
  );
  assertEquals(
    next("2026-11-28T06:00", "2026-11-28T12:00", fetched, fetched),
    ["2026-11-29T12:00:00.000Z", 1],
  );
});
