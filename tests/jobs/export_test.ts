// Exports that are ordered first: from the order to the rows, with files on another host, pages of a result,
// failures, and a process that ends while it waits.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { memoryExportStore } from "../../lib/fetch/export_store.ts";
import { openApi } from "../../lib/fetch/api_client.ts";
import { fetchPages } from "../../lib/fetch/fetch_pages.ts";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import { jobOf, unitOf } from "../fetch/job.ts";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

const DAYS = "--start-date 2025-01-01 --end-date 2025-01-02";

const REPORTS = `job: reports
source:
  url: "\${URL}"
  auth: { bearer: "\${TOKEN}" }
  headers: { X-Client: me }
tables: { clicks: { key: [day, ad], columns: { day: date, ad: text, clicks: integer } } }
streams:
  clicks:
    window: day
    export:
      order: { path: /reports, method: POST, body: { from: "{from}", to: "{last}" } }
      id: reportId
      status: /reports/{export.id}
      state: status
      done: [COMPLETED]
      failed: [FAILED]
      empty: [NO_DATA]
      files: files[].url
      hosts: ["\${FILES}"]
      wait: 1ms
    rows: clicks
`;

/** An API of reports; `stateOf` says the state of the nth request for the state of a report. */
function reports(stateOf: (id: string, polls: number) => string) {
  const orders = new Map<string, { from: string; polls: number }>();
  const files = recorded(async ({ pathname, searchParams }, request) => {
    assertEquals([request.headers.get("authorization"), request.headers.get("x-client")], [
      null,
      null,
    ]);
    assertEquals(searchParams.get("signature"), "s");
    const [day, part] = pathname.slice(1).split("/");
    const body = JSON.stringify([{ day, ad: part, clicks: 7 }]);
    const zipped = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
    return await Promise.resolve(
      new Response(zipped, { headers: { "content-type": "application/x-gzip" } }),
    );
  });
  const api = recorded(async ({ pathname }, request) => {
    assertEquals(request.headers.get("authorization"), "Bearer secret-token");
    if (pathname === "/reports" && request.method === "POST") {
      const id = `r${orders.size + 1}`;
      orders.set(id, { from: (await request.json()).from, polls: 0 });
      return Response.json({ reportId: id }, { status: 202 });
    }
    const id = pathname.split("/").at(-1)!;
    const order = orders.get(id);
    if (order === undefined) return Response.json({ error: "unknown report" }, { status: 404 });
    const url = (part: string) => ({ url: `${files.url}/${order.from}/${part}?signature=s` });
    return Response.json({ status: stateOf(id, ++order.polls), files: [url("a"), url("b")] });
  });
  return {
    api,
    files,
    orders,
    env: { URL: api.url, FILES: new URL(files.url).host, TOKEN: "secret-token" },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}

Deno.test("an export is ordered, waited for, and its files are fetched from another host without credentials", async () => {
  await using server = reports((_, polls) => polls < 3 ? "IN_PROGRESS" : "COMPLETED");
  await using world = await openWorld({ job: REPORTS, env: server.env });
  const { summary, error } = await world.backfill(DAYS);
  assertEquals([error, summary.ok, summary.rejected], [undefined, true, 0]);
  assertEquals([...server.orders.values()].map(({ from }) => from).sort(), [
    "2025-01-01",
    "2025-01-02",
  ]);
  assertEquals([...server.orders.values()].map(({ polls }) => polls), [3, 3]);
  assertEquals(
    await world.query("SELECT day::text, ad, clicks FROM clicks ORDER BY day, ad"),
    ["2025-01-01", "2025-01-02"].flatMap((day) => ["a", "b"].map((ad) => ({ day, ad, clicks: 7 }))),
  );
  assertEquals(await world.query("SELECT * FROM hindcast_exports"), []);
});

Deno.test("an export that has failed is ordered again at the end of the run, and one without data is empty", async () => {
  await using server = reports((id) =>
    id === "r1" ? "FAILED" : id === "r2" ? "NO_DATA" : "COMPLETED"
  );
  await using world = await openWorld({ job: REPORTS, env: server.env });
  const { summary } = await world.backfill(DAYS);
  assertEquals([summary.ok, server.orders.size], [true, 3]);
  const days = await world.query("SELECT DISTINCT day::text FROM clicks");
  assertEquals(days.map(({ day }) => day), [server.orders.get("r1")!.from]);
});

Deno.test("files on a host that the job does not name fail the window, and say what to write", async () => {
  await using server = reports(() => "COMPLETED");
  const env = { ...server.env, FILES: "elsewhere.example.com" };
  await using world = await openWorld({ job: REPORTS, env });
  const { summary, events } = await world.backfill(DAYS);
  assertEquals(summary.ok, false);
  assertStringIncludes(JSON.stringify(events), `hosts: [${server.env.FILES}]`);
  assertEquals(server.files.asked, []);
});

Deno.test("a process that was stopped while it waited finds its export again, unless the API has deleted it", async () => {
  let isReady = false;
  const polled = Promise.withResolvers<void>();
  await using server = reports(() => {
    polled.resolve();
    return isReady ? "COMPLETED" : "IN_PROGRESS";
  });
  const exportStore = memoryExportStore();
  const { host } = new URL(server.files.url);
  const exported = {
    order: { path: "/reports", method: "POST", body: { from: "{from}", to: "{last}" } },
    ...{ id: "reportId", status: "/reports/{export.id}", state: "status", done: ["COMPLETED"] },
    ...{ files: "files[].url", hosts: [host], wait: "5ms" },
  };
  const job = jobOf(
    { url: server.api.url, auth: { bearer: "${TOKEN}" } },
    { export: exported, request: undefined, records: "", window: "day" },
  );
  const read = async (signal: AbortSignal, store = exportStore) => {
    await using api = openApi(job, {
      env: (name) => server.env[name as "TOKEN"],
      clock: monotonicClock(),
      wallNow: () => 0,
      random: () => 0,
      signal,
      onEvent: () => {},
      exportStore: store,
    });
    const pages = await Array.fromAsync(fetchPages(api, "things", unitOf(), signal));
    return pages.flatMap(({ records }) => records).length;
  };
  const control = new AbortController();
  const first = read(control.signal);
  await polled.promise;
  control.abort();
  await first.catch(() => {});
  isReady = true;
  assertEquals([await read(new AbortController().signal), server.orders.size], [2, 1]);
  // It was forgotten with its last file; one that the API does not know is ordered again.
  assertEquals([await read(new AbortController().signal), server.orders.size], [2, 2]);
  const forgetful = { ...exportStore, read: () => Promise.resolve("unknown") };
  assertEquals([await read(new AbortController().signal, forgetful), server.orders.size], [2, 3]);
});

const BULK = `job: bulk
source: "\${URL}"
tables: { accounts: { key: id, columns: { id: text, name: text } } }
streams:
  accounts:
    window: month
    export:
      order: { path: /jobs/query, method: POST, body: { query: "SELECT Id FROM Account WHERE d >= {from|instant} AND d < {to|instant}" } }
      id: id
      status: /jobs/query/{export.id}
      state: state
      done: [JobComplete]
      failed: [Failed, Aborted]
      wait: 1ms
    request: /jobs/query/{export.id}/results
    format: csv
    paging: { by: cursor, cursor: $header.Sforce-Locator, cursor_param: locator, size_param: maxRecords, size: 2 }
    rows: { table: accounts, columns: { id: Id, name: Name } }
`;

Deno.test("the result of an export may have pages, as those of Salesforce Bulk", async () => {
  await using server = recorded(async ({ pathname, searchParams }, request) => {
    if (request.method === "POST") {
      const { query } = await request.json();
      assertEquals(
        query,
        "SELECT Id FROM Account WHERE d >= 2025-01-01T00:00:00Z AND d < 2025-02-01T00:00:00Z",
      );
      return Response.json({ id: "750", state: "UploadComplete" });
    }
    if (pathname === "/jobs/query/750") return Response.json({ id: "750", state: "JobComplete" });
    const at = Number(searchParams.get("locator") ?? 0);
    const rows = ["1,a", "2,b", "3,c"].slice(at, at + 2);
    const headers: HeadersInit = at === 0 ? { "Sforce-Locator": "2" } : {};
    return new Response(["Id,Name", ...rows, ""].join("\n"), { headers });
  });
  await using world = await openWorld({ job: BULK, env: { URL: server.url } });
  const { summary, error } = await world.backfill("--start-date 2025-01-01 --end-date 2025-01-31");
  assertEquals([error, summary.ok], [undefined, true]);
  assertEquals(await world.query("SELECT id, name FROM accounts ORDER BY id"), [
    { id: "1", name: "a" },
    { id: "2", name: "b" },
    { id: "3", name: "c" },
  ]);
});
