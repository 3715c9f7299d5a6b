import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Fetched } from "../../lib/fetch/fetch_windows.ts";
import { fetchWindows } from "../../lib/fetch/fetch_windows.ts";
import { eachValues } from "../../lib/plan/each_values.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import { StreamPlan } from "../../lib/plan/stream_plan.ts";
import { Failure } from "../../lib/failure.ts";
import { days, jobOf } from "../plan/jobs.ts";

const MONTH = days("2025-01-01", "2025-02-01");

/** The events of a run over stations; `failureOf` returns the failure of a window. */
function run(
  stations: readonly string[],
  failureOf: (station: unknown, unit: Unit) => Failure | undefined,
  stopAfter = 10,
) {
  const stream = jobOf({ things: { window: "day", for_each: { station: stations } } }).streams
    .things!;
  const plan = new StreamPlan({
    name: "things",
    stream,
    scope: "",
    each: eachValues(stream, {}, async function* () {}),
    needed: () => Promise.resolve({ fetch: [MONTH], skip: [] }),
    recordsPerMinute: undefined,
  });
  const list: Fetched[] = [];
  const fetching = fetchWindows([plan], {
    pages: async function* (unit) {
      await Promise.resolve();
      const failure = failureOf(unit.eachValues.station, unit);
      if (failure !== undefined) throw failure;
      yield* [];
    },
    windowsInFlight: 4,
    stopAfter,
    now: () => 0,
    wallNow: () => 0,
    signal: new AbortController().signal,
  });
  const count = (kind: Fetched["kind"], station: string) =>
    list.filter((item) => item.kind === kind && item.unit.eachValues.station === station).length;
  const done = async () => {
    for await (const item of fetching) list.push(item);
  };
  return { list, count, done };
}

const gone = (status = 404) =>
  new Failure(status === 403 || status === 401 ? "refused" : "window", `status ${status}`, {
    status,
  });

for (const status of [403, 404]) {
  Deno.test(`fetchWindows() sets a value aside that always fails with ${status}, and reads the others`, async () => {
    const { list, count, done } = run(
      ["a", "gone", "c", "d"],
      (station) => station === "gone" ? gone(status) : undefined,
    );
    await done();
    assertEquals(["a", "c", "d"].map((station) => count("done", station)), [31, 31, 31]);
    assert(count("failed", "gone") <= 7, `${count("failed", "gone")} windows failed`);
    const shown = list.findLast((item) => item.kind === "failed" && /set aside/.test(hintOf(item)));
    assertStringIncludes(hintOf(shown!), "run again with --resume");
  });
}

function hintOf(item: Fetched): string {
  return item.kind === "failed" ? item.failure.hint ?? "" : "";
}

Deno.test("fetchWindows() reads the other values when the very first one is refused", async () => {
  const { count, done } = run(
    ["gone", "b"],
    (station) => station === "gone" ? gone(403) : undefined,
  );
  await done();
  assertEquals(count("done", "b"), 31);
});

Deno.test("fetchWindows() stops at once when every value is refused, even if there is only one", async () => {
  for (const stations of [["a", "b", "c", "d", "e"], ["a"]]) {
    const { list, done } = run(stations, () => gone(403));
    const failure = await assertRejects(done, Failure);
    assertEquals([failure.kind, failure.status], ["refused", 403]);
    assert(list.length <= 8, `${list.length} windows`);
  }
});

Deno.test("fetchWindows() stops at the first 401, which concerns every value", async () => {
  const { list, done } = run(["a", "b"], () => gone(401));
  assertEquals((await assertRejects(done, Failure)).status, 401);
  assertEquals(list, []);
});

Deno.test("fetchWindows() stops when too many different values fail in a row", async () => {
  const stations = Array.from({ length: 20 }, (_, index) => `s${index}`);
  const { list, done } = run(stations, () => gone(500), 5);
  await assertRejects(done, Failure, "5 windows in a row failed");
  const failed = new Set(list.map(({ unit }) => unit.each));
  assertEquals(failed.size, 5);
});

Deno.test("fetchWindows() does not set a value aside whose windows fail only occasionally", async () => {
  const { count, done } = run(
    ["a"],
    (_, { window }) => (window!.from / 1440) % 3 === 0 ? gone(500) : undefined,
  );
  await done();
  assertEquals(count("done", "a") + count("failed", "a"), 31);
});
