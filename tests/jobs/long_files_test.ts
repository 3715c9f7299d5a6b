// Files of any size: CSV and NDJSON that are read as they arrive, gzip and zip, connections that break.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { zipSync } from "fflate";
import { gzipSync } from "node:zlib";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

const DAY = "--start-date 2025-01-01 --end-date 2025-01-01";
const COUNT = 90_000;
/** 90,000 lines, 3.5 MB: more than is read whole. */
const LINES = Array.from(
  { length: COUNT },
  (_, id) => `${id},"name ""${id}"" é",${id * 1.5},2025-01-01`,
);
const CSV = `id,name,value,day\n${LINES.join("\n")}\n`;
const BYTES = new TextEncoder().encode(CSV);

function job(stream = "", source = ""): string {
  return `job: files
source: { url: "\${URL}", retry: { initial_wait: 1ms }${source} }
tables: { things: { key: id, columns: { id: integer, name: text, value: numeric, day: date } } }
streams:
  things:
    window: day
    request: { path: /file, query: { day: "{from}" } }
    format: csv
${stream.replace(/^(?=.)/gm, "    ")}
    rows: things
`;
}

async function load(url: string, text = job()) {
  await using world = await openWorld({ job: text, env: { URL: url } });
  const { summary, events } = await world.backfill(DAY);
  const [row] = await world.query(
    `SELECT count(*)::int AS count, sum(id)::int8::text AS ids, sum(value)::text AS values,
     count(*) FILTER (WHERE name = 'name "' || id || '" é')::int AS names FROM things`,
  );
  const pages = events.flatMap((event) => event.kind === "window_done" ? event.pages : []);
  return { summary, row, pages, shown: JSON.stringify(events) };
}

const WHOLE = {
  count: COUNT,
  ids: String(COUNT * (COUNT - 1) / 2),
  values: String(COUNT * (COUNT - 1) / 2 * 1.5) + ".0",
  names: COUNT,
};

/** A body that breaks off after some bytes, sent in pieces that cut lines and characters. */
function broken(bytes: Uint8Array, after: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= after) {
        // What was sent arrives before the connection breaks.
        await new Promise((next) => setTimeout(next, 50));
        return controller.error(new Error("broken"));
      }
      controller.enqueue(bytes.subarray(at, at = Math.min(after, at + 65_537)));
      if (at >= bytes.length) controller.close();
    },
  });
}

for (
  const [what, serve] of [
    ["as it is", () => new Response(BYTES)],
    ["in chunks without a length", () => new Response(broken(BYTES, BYTES.length))],
    ["as a gzip file of two members", () =>
      new Response(
        new Uint8Array([...gzipSync(BYTES.subarray(0, 1e6)), ...gzipSync(BYTES.subarray(1e6))]),
      )],
    ["in a zip archive", () => new Response(new Uint8Array(zipSync({ "data.csv": BYTES })))],
    [
      "stored in a zip archive",
      () => new Response(new Uint8Array(zipSync({ "a/data.csv": [BYTES, { level: 0 }] }))),
    ],
  ] as const
) {
  Deno.test(`a file of CSV is read piece by piece, ${what}`, async () => {
    await using server = recorded(serve);
    const { summary, row, pages } = await load(server.url);
    assertEquals([summary.ok, summary.rejected, row, pages], [true, 0, WHOLE, [1]]);
    assertEquals(server.asked.length, 1);
  });
}

Deno.test("a file of NDJSON is read piece by piece, and a broken line is rejected alone", async () => {
  const lines = LINES.map((_, id) =>
    id === 7 ? "{broken" : JSON.stringify({ id, name: `name "${id}" é`, value: id * 1.5 })
  );
  await using server = recorded(() => new Response(lines.join("\n")));
  const { summary, row } = await load(server.url, job().replace("format: csv", "format: ndjson"));
  assertEquals([summary.rejected, row?.count], [1, COUNT - 1]);
});

Deno.test("a file that breaks off continues where it broke, if the server supports ranges", async () => {
  const ranges: (string | null)[] = [];
  await using server = recorded((_, request) => {
    const range = request.headers.get("range");
    ranges.push(range);
    const headers = { "accept-ranges": "bytes", etag: '"v1"' };
    if (range === null) return new Response(broken(BYTES, 1_500_000), { headers });
    assertEquals(request.headers.get("if-range"), '"v1"');
    const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    const rest = BYTES.subarray(from);
    return new Response(ranges.length === 2 ? broken(rest, 1_200_000) : rest, {
      status: 206,
      headers: { ...headers, "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` },
    });
  });
  const { summary, row, shown } = await load(server.url);
  assertEquals([summary.ok, row, ranges.length], [true, WHOLE, 3]);
  assertEquals(ranges, [null, "bytes=1500000-", "bytes=2700000-"]);
  assertStringIncludes(shown, "it continues from byte 1500000");
});

Deno.test("a file that breaks off is read again from its start, if the server does not support ranges, or the file changed", async () => {
  for (const headers of [{}, { "accept-ranges": "bytes", "last-modified": "x" }] as HeadersInit[]) {
    let requests = 0;
    await using server = recorded((_, request) => {
      requests++;
      const isFirst = requests === 1;
      if (request.headers.has("range")) return new Response(BYTES, { headers });
      return new Response(isFirst ? broken(BYTES, 2_000_000) : BYTES, { headers });
    });
    const { summary, row } = await load(server.url);
    assertEquals([summary.ok, row], [true, WHOLE]);
    assert(requests >= 2);
  }
});

Deno.test("a compressed file that is cut off fails its window instead of being short", async () => {
  for (const whole of [gzipSync(BYTES), zipSync({ "a.csv": BYTES })]) {
    await using server = recorded(() =>
      new Response(new Uint8Array(whole.subarray(0, whole.length / 2)))
    );
    const { summary, shown } = await load(
      server.url,
      job("", ", retry: { attempts: 1 }").replace("retry: { initial_wait: 1ms }, ", ""),
    );
    assertEquals(summary.ok, false);
    assertStringIncludes(shown, "is damaged or cut off");
  }
});

Deno.test("the members of a zip archive are chosen by name, and each is a document", async () => {
  const text = (from: number) => new TextEncoder().encode(`id,name\n${from},a\n${from + 1},b\n`);
  const archive = zipSync({
    "README.txt": new TextEncoder().encode("not data"),
    "2025/one.csv": text(1),
    "2025/two.csv": text(3),
  });
  await using server = recorded(() => new Response(new Uint8Array(archive)));
  const columns = `rows: { table: things, columns: { id: id, name: name } }`;
  const text_ = job('member: "*.csv"').replace("rows: things", columns);
  const { summary, row } = await load(server.url, text_);
  assertEquals([summary.ok, summary.rejected, row?.count, row?.ids], [true, 0, 4, "10"]);
  const none = await load(server.url, job('member: "*.xml"').replace("rows: things", columns));
  assertEquals(none.summary.ok, false);
  assertStringIncludes(
    none.shown,
    "the zip archive holds only README.txt, 2025/one.csv, 2025/two.csv",
  );
});

Deno.test("each XML document of a zip archive is read", async () => {
  const document = (id: number) => new TextEncoder().encode(`<d><r><id>${id}</id></r></d>`);
  const archive = zipSync({ "a.xml": document(1), "b.xml": document(2) });
  await using server = recorded(() => new Response(new Uint8Array(archive)));
  const text = job("records: d.r").replace("format: csv", "format: xml")
    .replace("rows: things", "rows: { table: things, columns: { id: id } }");
  const { summary, row } = await load(server.url, text);
  assertEquals([summary.ok, row?.count, row?.ids], [true, 2, "3"]);
});

/** 100 records of 30 KB each. */
const WIDE = Array.from({ length: 100 }, (_, id) => ({
  id,
  name: `${id} `.repeat(10_000),
  value: id,
  day: "2025-01-01",
}));

/** The records after an ID, 40 on a page: more than 1 MB. */
const wideAfter = (id: string | null) =>
  WIDE.filter((record) => record.id > Number(id ?? -1)).slice(0, 40);

const wideRows = (records: typeof WIDE, format: string) =>
  format === "ndjson"
    ? records.map((record) => JSON.stringify(record) + "\n").join("")
    : "id,name,value,day\n" +
      records.map(({ id, name, value, day }) => `${id},${name},${value},${day}\n`).join("");

for (const format of ["csv", "ndjson"]) {
  Deno.test(`the cursor of a long ${format} page is that of its last record`, async () => {
    await using server = recorded(({ searchParams }) =>
      new Response(wideRows(wideAfter(searchParams.get("after")), format))
    );
    const text = job(
      `paging: { by: cursor, cursor: "[-1].id", cursor_param: after }\nrecords: { optional: true }`,
    ).replace("format: csv", `format: ${format}`);
    const { summary, row, shown } = await load(server.url, text);
    assertEquals([summary.ok, row!.count, row!.ids], [true, 100, "4950"], shown);
    assertEquals(
      server.asked.map(({ searchParams }) => searchParams.get("after")),
      [null, "39", "79", "99"],
    );
  });
}

/** The job as a feed, whose cursor is at a path. */
const feedJob = (cursor: string, source = "") =>
  job(
    `since: { start: -1, cursor: '${cursor}' }\nrecords: { optional: true }`,
    source,
  ).replace("    window: day\n", "").replace('day: "{from}"', 'after: "{since}"')
    .replace("format: csv", "format: ndjson");

for (const cursor of ["[-1].id", "$header.X-Last"]) {
  Deno.test(`a feed of long pages continues at the cursor at ${cursor}`, async () => {
    await using server = recorded(({ searchParams }) => {
      const records = wideAfter(searchParams.get("after"));
      const last = String(records.at(-1)?.id ?? "");
      return new Response(wideRows(records, "ndjson"), { headers: { "x-last": last } });
    });
    await using world = await openWorld({ job: feedJob(cursor), env: { URL: server.url } });
    const sent = () => server.asked.splice(0).map(({ searchParams }) => searchParams.get("after"));
    const { summary, events } = await world.backfill("");
    assertEquals(summary.ok, true, JSON.stringify(events));
    assertEquals(sent(), ["-1", "39", "79", "99"]);
    await world.backfill("--resume");
    assertEquals(sent(), ["99"]);
    assertEquals(await world.query("SELECT count(*)::int AS n, sum(id)::int AS ids FROM things"), [
      { n: 100, ids: 4950 },
    ]);
  });
}

Deno.test("a response whose cursor may be in any line is read whole, up to max_body", async () => {
  await using server = recorded(({ searchParams }) =>
    new Response(wideRows(wideAfter(searchParams.get("after")), "ndjson"))
  );
  const load = async (source: string) => {
    const job = feedJob("[1].id", source);
    await using world = await openWorld({ job, env: { URL: server.url } });
    const { summary, events } = await world.backfill("");
    return [summary.windows.failed, JSON.stringify(events)] as const;
  };
  const [failed, shown] = await load(", max_body: 1000000");
  assertEquals(failed, 1);
  assertStringIncludes(shown, "the response is larger than 1000000 bytes");
});

Deno.test("an error in the last line of a long response fails its window", async () => {
  await using server = recorded(() =>
    new Response(`${wideRows(WIDE.slice(0, 60), "ndjson")}{"error":"terminated early"}\n`)
  );
  const text = job('error: "[-1].error"').replace("format: csv", "format: ndjson");
  const { summary, shown } = await load(server.url, text);
  assertEquals(summary.windows, { planned: 1, done: 0, failed: 1, skipped: 0 });
  assertStringIncludes(shown, "terminated early");
});

Deno.test("a gzip file of JSON has a cursor as its text would", async () => {
  await using server = recorded(({ searchParams }) => {
    const data = wideAfter(searchParams.get("after"));
    const next = data.length < 40 ? null : data.at(-1)!.id;
    return new Response(gzipSync(JSON.stringify({ data, next })));
  });
  const text = job("paging: { by: cursor, cursor: next, cursor_param: after }\nrecords: data")
    .replace("format: csv", "format: json");
  const { summary, row, shown } = await load(server.url, text);
  assertEquals([summary.ok, row!.count, row!.ids], [true, 100, "4950"], shown);
});
