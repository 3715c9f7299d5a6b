import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isolateRows } from "../../../lib/upsert/write/isolate_rows.ts";
import type { Refusal } from "../../../lib/upsert/write/isolate_rows.ts";

const refusal: Refusal = { reason: "bad", column: null, index: undefined };

/** A probe that refuses negative numbers, and optionally reports the index of the first. */
function probing(tells: boolean) {
  const probe = (rows: readonly number[]) => {
    probe.asked++;
    const index = rows.findIndex((row) => row < 0);
    const found = index < 0 ? undefined : { ...refusal, index: tells ? index : undefined };
    return Promise.resolve(found);
  };
  probe.asked = 0;
  return probe;
}

Deno.test("isolateRows() finds exactly the refused rows and keeps the order of the others", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer(), { maxLength: 60 }),
      fc.boolean(),
      async (rows, tells) => {
        const probe = probing(tells);
        const first = await probe(rows);
        if (first === undefined) return;
        const found = await isolateRows(rows, first, probe, 100);
        assertEquals(found?.accepted, rows.filter((row) => row >= 0));
        assertEquals(found?.refused.map(({ row }) => row), rows.filter((row) => row < 0));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("isolateRows() needs about log2(n) attempts for one row among many", async () => {
  const rows = Array.from({ length: 4096 }, (_, at) => at === 1234 ? -1 : at);
  const probe = probing(false);
  await isolateRows(rows, refusal, probe, 100);
  assert(probe.asked <= 2 * 12, `asked ${probe.asked} times`);
});

Deno.test("isolateRows() uses the row that the database names, if it names one", async () => {
  const rows = Array.from({ length: 4096 }, (_, at) => at === 1234 ? -1 : at);
  const probe = probing(true);
  await isolateRows(rows, (await probe(rows))!, probe, 100);
  assertEquals(probe.asked, 2);
});

Deno.test("isolateRows() keeps the first of rows that conflict with each other", async () => {
  const probe = (rows: readonly string[]) =>
    Promise.resolve(new Set(rows).size < rows.length ? refusal : undefined);
  const found = await isolateRows(["a", "b", "a", "c", "b"], refusal, probe, 100);
  assertEquals(found?.accepted, ["a", "b", "c"]);
  assertEquals(found?.refused.map(({ row }) => row), ["a", "b"]);
});

Deno.test("isolateRows() gives up when too many rows are refused", async () => {
  const rows = Array.from({ length: 1000 }, () => -1);
  assertEquals(await isolateRows(rows, refusal, probing(false), 10), undefined);
});

Deno.test("isolateRows() finds the named row among those that were accepted before", async () => {
  const asked: string[] = [];
  const probe = (rows: readonly string[]) => {
    asked.push(rows.join(""));
    const index = rows.findIndex((row) => row === "x" || row === "y");
    return Promise.resolve(index < 0 ? undefined : { ...refusal, reason: rows[index]!, index });
  };
  const found = await isolateRows([..."abxcdye"], { ...refusal, reason: "x", index: 2 }, probe, 2);
  assertEquals(found, {
    accepted: [..."abcde"],
    refused: [
      { row: "x", refusal: { ...refusal, reason: "x", index: 2 } },
      { row: "y", refusal: { ...refusal, reason: "y", index: 4 } },
    ],
  });
  assertEquals(asked, ["abcdye", "abcde"]);
  assertEquals(await isolateRows([..."xy"], { ...refusal, index: 0 }, probe, 1), undefined);
});

Deno.test("isolateRows() searches when the named row is not among those it tried", async () => {
  const probe = (rows: readonly string[]) =>
    Promise.resolve(rows.includes("x") ? { ...refusal, index: 0 } : undefined);
  const found = await isolateRows(["a", "b", "x"], { ...refusal, index: 9 }, probe, 100);
  assertEquals(found?.refused.map(({ row }) => row).includes("x"), true);
});
