// What happens to a window that fails for its content, on a real database: it is halved until all but the bad
// stretch is loaded, within a bounded number of requests, and never where the API fails for everything.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { serve } from "../support/http_server.ts";
import { openWorld } from "./world.ts";

const JOB = (url: string, window: string, rest = "") =>
  `job: halves
start: 2025-09-01
source: { url: "${url}", retry: { attempts: 2 } }
tables: { things: { key: [id, shop], columns: { id: text, shop: text } } }
streams:
  things:
    window: ${window}
${rest}
    request: { path: /, query: { from: "{from}", to: "{last}", shop: "{each.shop}" } }
    for_each: { shop: [north, south] }
    rows: { table: things, columns: { id: id, shop: $each.shop } }
`;

const SEPTEMBER = "--start-date 2025-09-01 --end-date 2025-09-30";

/** An API with a record a day; `answer` may respond otherwise for a window that contains a bad day. */
function daily(bad: (shop: string) => string[], answer: () => Response) {
  let requests = 0;
  const server = serve((request) => {
    requests++;
    const { searchParams } = new URL(request.url);
    const [from, to, shop] = ["from", "to", "shop"].map((name) => searchParams.get(name)!);
    if (bad(shop!).some((day) => day >= from! && day <= to!)) return answer();
    const days = Array.from(
      { length: 30 },
      (_, at) => `2025-09-${String(at + 1).padStart(2, "0")}`,
    );
    return Response.json(days.filter((id) => id >= from! && id <= to!).map((id) => ({ id })));
  });
  return Object.assign(server, { take: () => [requests, requests = 0][0]! });
}

const FAULTS = {
  "an error of the server": () => new Response("oops", { status: 500 }),
  "a response that is not JSON": () => new Response('[{"id": "2025-09-13", "na'),
};

for (const [what, answer] of Object.entries(FAULTS)) {
  Deno.test(`${what} on some days loses only those days`, async () => {
    const bad = { north: ["2025-09-13", "2025-09-14"], south: [] as string[] };
    await using api = daily((shop) => bad[shop as "north"], answer);
    for (const window of ["{ min: 1d, max: 30d }", "15d"]) {
      await using world = await openWorld({ job: JOB(api.url, window) });
      const { summary, events } = await world.backfill(SEPTEMBER);
      assertEquals(await world.query("SELECT count(*)::int AS n FROM things"), [{ n: 58 }]);
      const { failed, gaps } = await world.knows("things");
      assertEquals(gaps, [["2025-09-13", "2025-09-14"]]);
      assertEquals(failed.map(({ each, window }) => [each, window]), [
        ["shop=north", ["2025-09-13", "2025-09-13"]],
        ["shop=north", ["2025-09-14", "2025-09-14"]],
      ]);
      const { planned, done } = summary.windows;
      assertEquals([planned - done, summary.outcome], [2, "failed"]);
      const split = events.find((event) => event.kind === "window_split")!;
      assertStringIncludes(split.reason, "fetched in halves");
      api.take();
      bad.north.pop();
      await world.backfill("--resume");
      assert(api.take() <= 7, "only the days that failed are fetched again");
      assertEquals((await world.knows("things")).gaps, [["2025-09-13", "2025-09-13"]]);
      bad.north.push("2025-09-14");
    }
  });
}

Deno.test("an API that fails for every window does not receive requests for all parts", async () => {
  const everything = Array.from(
    { length: 30 },
    (_, at) => `2025-09-${String(at + 1).padStart(2, "0")}`,
  );
  await using api = daily(() => everything, FAULTS["a response that is not JSON"]);
  await using world = await openWorld({ job: JOB(api.url, "30d") });
  await world.backfill(SEPTEMBER);
  // One window, its halves and its quarters, for each of two values.
  assert(api.take() <= 14, "at most six requests more for each window");
  assertEquals(await world.query("SELECT id FROM things"), []);
  assert((await world.knows("things")).failed.length >= 2);
});

Deno.test("a window is not halved if its request does not state the end, or is refused", async () => {
  await using api = daily(() => ["2025-09-13"], FAULTS["a response that is not JSON"]);
  await using world = await openWorld({
    job: JOB(api.url, "month").replace('to: "{last}"', 'to: "2025-09-30"'),
  });
  await world.backfill(SEPTEMBER);
  assertEquals(api.take(), 2);
  await using refusing = daily(() => ["2025-09-13"], () => new Response("no", { status: 422 }));
  await using other = await openWorld({ job: JOB(refusing.url, "15d") });
  await other.backfill(SEPTEMBER);
  assertEquals(refusing.take(), 4);
});
