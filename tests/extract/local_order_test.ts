import { assertEquals } from "@std/assert";
import { type Choice, resolveTimes } from "../../lib/extract/local_order.ts";
import { extractBody, jobOf, rowsOf } from "./extracting.ts";

/** Times in minutes after midnight UTC; a list of two is an ambiguous time. */
function resolved(times: (number | [number, number])[], isDistinct = true): string {
  const text = (minute: number) => String(minute).padStart(4, "0");
  const choices = times.map((time): Choice =>
    typeof time === "number" ? text(time) : [text(time[0]), text(time[1])]
  );
  return resolveTimes(choices, isDistinct)
    .map((one) => one === undefined ? "?" : String(Number(one))).join(" ");
}

const [at0, at15, at30] = [[60, 120], [75, 135], [90, 150]] as [number, number][];

Deno.test("resolveTimes() decides where only one choice keeps the order", () => {
  assertEquals(resolved([10, at0!, at0!, 180]), "10 60 120 180");
  assertEquals(resolved([at0!, at30!, at0!, at30!]), "60 90 120 150");
  assertEquals(resolved([180, at30!, at0!, at30!, at0!]), "180 150 120 90 60");
  assertEquals(resolved([at0!, at15!, at30!, at15!], false), "60 75 90 135");
});

Deno.test("resolveTimes() leaves a time ambiguous where two choices are possible, or rows are not sorted", () => {
  assertEquals(resolved([10, at30!, 180]), "10 ? 180");
  assertEquals(resolved([at0!, at0!], false), "? ?");
  assertEquals(resolved([200, at0!, 10, at0!, 300]), "200 ? 10 ? 300");
  assertEquals(resolved([at0!, at0!, at0!]), "? ? ?");
});

const job = (columns: Record<string, unknown>, key: string[]) =>
  jobOf({
    time_zone: "Europe/Helsinki",
    tables: { t: { key, columns: { at: "timestamptz", meter: "text", price: "integer" } } },
    stream: { rows: { table: "t", columns: { meter: "meter", price: "price", ...columns } } },
  });

/** The 25 local hours of a day on which the clock is set back. */
const HOURS = [0, 1, 2, 3, 3, ...Array.from({ length: 20 }, (_, hour) => hour + 4)]
  .map((hour) => `2025-10-26T${String(hour).padStart(2, "0")}:00`);

Deno.test("extract() yields 25 rows for 25 records of an autumn day, for each meter", () => {
  const records = HOURS.flatMap((at, price) => ["a", "b"].map((meter) => ({ at, meter, price })));
  const found = extractBody(job({ at: "at" }, ["at", "meter"]), records);
  assertEquals(found.rejected, []);
  const rows = rowsOf(found, "t");
  const first = Date.parse("2025-10-25T21:00:00Z");
  assertEquals(
    rows.map(({ at }) => at),
    HOURS.flatMap((_, hour) => {
      const instant = new Date(first + hour * 3_600_000).toISOString();
      const text = `${instant.slice(0, 10)} ${instant.slice(11, 19)}+00`;
      return [text, text];
    }),
  );
});

Deno.test("extract() rejects an ambiguous time that occurs once, and a time that does not exist", () => {
  const found = extractBody(job({ at: "at" }, ["at", "meter"]), [
    { at: "2025-10-26T02:30", meter: "a", price: 1 },
    { at: "2025-10-26T03:30", meter: "a", price: 2 },
    { at: "2025-10-26T04:30", meter: "a", price: 3 },
    { at: "2025-03-30T03:30", meter: "a", price: 4 },
  ]);
  assertEquals(rowsOf(found, "t").map(({ price }) => price), ["1", "3"]);
  const change =
    'in the time zone Europe/Helsinki; set "ambiguous: earlier" or "later" for the column';
  assertEquals(found.rejected.map(({ column, reason }) => `${column} ${reason}`), [
    `at does not exist: a clock change skips it ${change}`,
    `at is ambiguous: a clock change repeats it ${change}`,
  ]);
});

Deno.test("extract() uses the instant that the column declares", () => {
  const at = { path: "at", ambiguous: "later" };
  const found = extractBody(job({ at }, ["at", "meter"]), [
    { at: "2025-10-26T03:30", meter: "a", price: 1 },
  ]);
  assertEquals(rowsOf(found, "t").map(({ at }) => at), ["2025-10-26 01:30:00+00"]);
});

Deno.test("extract() reads a local time in the time zone of the column", () => {
  const at = { path: "at", time_zone: "America/New_York" };
  const found = extractBody(job({ at }, ["at", "meter"]), [
    { at: "2025-07-01T00:00", meter: "a", price: 1 },
  ]);
  assertEquals(rowsOf(found, "t").map(({ at }) => at), ["2025-07-01 04:00:00+00"]);
});
