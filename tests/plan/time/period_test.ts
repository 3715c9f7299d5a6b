import { assertEquals } from "@std/assert";
import { startOfPeriod } from "../../../lib/plan/time/period.ts";

const [HOUR, DAY, MONTH] = [3_600_000, 86_400_000, 31 * 86_400_000];

function period(at: string, intervalMs: number, minute: number, timeZone = "UTC"): string[] {
  const { startMs, endMs } = startOfPeriod(Date.parse(at), intervalMs, { minute, timeZone });
  return [startMs, endMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
}

Deno.test("startOfPeriod() finds the hour, day and month around an instant", () => {
  assertEquals(period("2025-03-01T12:34Z", HOUR, 0), ["2025-03-01T12:00", "2025-03-01T13:00"]);
  assertEquals(period("2025-03-01T12:04Z", HOUR, 15), ["2025-03-01T11:15", "2025-03-01T12:15"]);
  assertEquals(period("2025-03-01T00:00Z", DAY, 0), ["2025-03-01T00:00", "2025-03-02T00:00"]);
  assertEquals(period("2025-03-01T07:59Z", DAY, 480), ["2025-02-28T08:00", "2025-03-01T08:00"]);
  assertEquals(period("2025-02-14T07:59Z", MONTH, 0), ["2025-02-01T00:00", "2025-03-01T00:00"]);
  assertEquals(period("2025-02-01T07:59Z", MONTH, 480), ["2025-01-01T08:00", "2025-02-01T08:00"]);
});

Deno.test("startOfPeriod() follows the clock of its time zone, also when it changes", () => {
  const at = (text: string) => period(text, DAY, 0, "America/New_York");
  assertEquals(at("2025-03-09T12:00Z"), ["2025-03-09T05:00", "2025-03-10T04:00"]);
  assertEquals(at("2025-03-09T04:59Z"), ["2025-03-08T05:00", "2025-03-09T05:00"]);
});
