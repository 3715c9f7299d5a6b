import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Failure } from "../../lib/failure.ts";
import { serve } from "../support/http_server.ts";
import { openWorld } from "./world.ts";

const JOB = `job: shaped
start: 2025-01-01
source: "\${SHAPED_URL}"
tables: { items: { key: id, columns: { id: text } } }
streams:
  items:
    window: day
    request: { path: /items, query: { day: "{from}" } }
    records: items
    rows: items
`;

Deno.test("a run stops at its first response when the records are not at their path, and prints where they may be", async () => {
  let requests = 0;
  await using server = serve(() => {
    requests++;
    return Response.json({ data: { rows: [{ id: "a" }, { id: "b" }] } });
  });
  await using world = await openWorld({
    job: JOB.replace('source: "${SHAPED_URL}"', 'source: { url: "${SHAPED_URL}", concurrency: 1 }'),
    env: { SHAPED_URL: server.url },
  });
  const { error } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-31");
  assertEquals(requests, 1);
  assertStringIncludes(String(error), "the first response does not have the declared shape");
  assertStringIncludes(String((error as Failure).hint), "2 records may be at records: data.rows");
});

Deno.test("a run stops at its second response when neither has the declared shape", async () => {
  let requests = 0;
  await using server = serve(() => {
    requests++;
    return Response.json({ message: "no such resource" });
  });
  await using world = await openWorld({
    job: JOB.replace('source: "${SHAPED_URL}"', 'source: { url: "${SHAPED_URL}", concurrency: 1 }'),
    env: { SHAPED_URL: server.url },
  });
  const { error } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-31");
  assertEquals(requests, 2);
  assertStringIncludes(String(error), "the first responses do not have the declared shape");
});

Deno.test("a run continues when only a later response does not have the declared shape", async () => {
  await using server = serve((request) => {
    const isOdd = request.url.includes("2025-01-02");
    return Response.json(isOdd ? { error: "no" } : { items: [{ id: "a" }] });
  });
  await using world = await openWorld({
    job: JOB.replace('source: "${SHAPED_URL}"', 'source: { url: "${SHAPED_URL}", concurrency: 1 }'),
    env: { SHAPED_URL: server.url },
  });
  const { summary, error } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-05");
  assertEquals([error, summary.ok], [undefined, false]);
  assertEquals(await world.query("SELECT count(*) AS n FROM items"), [{ n: 1 }]);
});
