// Exports in the archive: the order, its last state and the files are replayed and played back without a request.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { playBack } from "../../lib/cli/commands/sandbox_archive.ts";
import { serve } from "../support/http_server.ts";
import { archivingWorld } from "./things_api.ts";

const DAYS = "--start-date 2025-01-01 --end-date 2025-01-03";
const ROWS = "SELECT day::text, part, size FROM parts ORDER BY day, part";

function job(url: string, host: string, result = "files: files[].url"): string {
  return `job: reports
source: { url: "${url}", retry: { attempts: 1 } }
tables: { parts: { key: [day, part], columns: { day: date, part: text, size: integer } } }
streams:
  parts:
    window: day
    export:
      order: { path: /reports, method: POST, body: { day: "{from}" } }
      id: id
      status: /reports/{export.id}
      state: state
      done: [DONE]
      failed: [FAILED]
      empty: [EMPTY]
      ${result}
      hosts: ["${host}"]
      wait: 1ms
    rows: parts
`;
}

/** An API whose reports are ready at the second request for their state; that of the last day is empty. */
function startReports() {
  const orders: string[] = [];
  const polls = new Map<string, number>();
  let [requests, failing] = [0, false];
  const rowsOf = (day: string, part: string) => [{ day, part, size: part.length }];
  const files = serve((request) => {
    requests++;
    if (failing) return new Response("broken", { status: 500 });
    const [, day, part] = new URL(request.url).pathname.split("/");
    return Response.json(rowsOf(day!, part!));
  });
  const api = serve(async (request) => {
    requests++;
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      orders.push((await request.json()).day);
      return Response.json({ id: `r${orders.length}` }, { status: 202 });
    }
    const [, , id, result] = pathname.split("/");
    const day = orders[Number(id!.slice(1)) - 1]!;
    if (result !== undefined) return Response.json(rowsOf(day, "result"));
    const count = (polls.get(id!) ?? 0) + 1;
    polls.set(id!, count);
    if (count < 2) return Response.json({ state: "WAITING" });
    const url = (part: string) =>
      `${files.url}/${day}/${part}?X-Amz-Credential=c&X-Amz-Signature=${count}`;
    return Response.json(
      day === "2025-01-03"
        ? { state: "EMPTY" }
        : { state: "DONE", files: [{ url: url("a") }, { url: url("bb") }] },
    );
  });
  return {
    url: api.url,
    host: new URL(files.url).host,
    orders,
    take: () => [requests, requests = 0][0]!,
    fail: (isFailing: boolean) => failing = isFailing,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

const FILES = ["2025-01-01", "2025-01-02"].flatMap((day) =>
  ["a", "bb"].map((part) => ({ day, part, size: part.length }))
);

Deno.test("--from-archive replays exports, and the playback serves them", async () => {
  await using api = startReports();
  const text = job(api.url, api.host);
  await using world = await archivingWorld(text);
  assertEquals((await world.backfill(DAYS)).error, undefined);
  assertEquals([await world.query(ROWS), api.take()], [FILES, 13]);

  await using other = await archivingWorld(text, { archive: world.archive! });
  const { error, summary } = await other.backfill(`${DAYS} --from-archive`);
  assertEquals([error, summary.ok, await other.query(ROWS)], [undefined, true, FILES]);
  const tables = [
    'SELECT file::text, "offset", length FROM hindcast_archive ORDER BY 1, 2',
    'SELECT "from", pages, records::int, fetched_at::text FROM hindcast_windows ORDER BY 1',
  ];
  for (const sql of tables) assertEquals(await other.query(sql), await world.query(sql));
  assertEquals((await world.query(tables[0]!)).length, 3 + 3 + 4);

  await using played = await playBack(world.archive!, {});
  await using again = await archivingWorld(job(played.url, new URL(played.url).host));
  assertEquals((await again.backfill(DAYS)).error, undefined);
  assertEquals([await again.query(ROWS), api.take()], [FILES, 0]);
});

Deno.test("--from-archive replays exports whose result is requested by their ID", async () => {
  await using api = startReports();
  const text = job(api.url, api.host, "").replace(
    "    rows: parts",
    "    request: /reports/{export.id}/result\n    rows: parts",
  );
  await using world = await archivingWorld(text);
  assertEquals((await world.backfill(DAYS)).error, undefined);
  api.take();
  await using other = await archivingWorld(text, { archive: world.archive! });
  assertEquals((await other.backfill(`${DAYS} --from-archive`)).error, undefined);
  assertEquals(await other.query(ROWS), await world.query(ROWS));
  assertEquals([(await other.query(ROWS)).length, api.take()], [2, 0]);
});

Deno.test("--from-archive finds the order of an export that an earlier run sent", async () => {
  for (const resume of ["--resume", ""]) {
    await using api = startReports();
    const text = job(api.url, api.host);
    await using world = await archivingWorld(text);
    api.fail(true);
    const day = "--start-date 2025-01-01 --end-date 2025-01-01";
    assertEquals((await world.backfill(day)).summary.ok, false);
    api.fail(false);
    world.nowMs += 60_000;
    assertEquals((await world.backfill(`${day} ${resume}`)).summary.ok, true);
    assertEquals(api.orders, ["2025-01-01"]);
    await using other = await archivingWorld(text, { archive: world.archive! });
    assertEquals((await other.backfill(`${day} --from-archive`)).error, undefined);
    assertEquals(await other.query(ROWS), FILES.slice(0, 2));
  }
});

Deno.test("--from-archive lists an export whose order is not archived", async () => {
  await using api = startReports();
  await using world = await archivingWorld(job(api.url, api.host));
  await world.backfill("--start-date 2025-01-01 --end-date 2025-01-01");
  api.take();
  await using other = await archivingWorld(
    job(api.url, api.host).replace("body: { day", "body: { more: 1, day"),
    { archive: world.archive! },
  );
  const { error } = await other.backfill(
    "--start-date 2025-01-01 --end-date 2025-01-01 --from-archive",
  );
  assertStringIncludes(String(error), "does not contain the current responses of parts 2025-01-01");
  assertEquals(api.take(), 0);
});
