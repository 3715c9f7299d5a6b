// What a run keeps: every response, before its rows are committed, without a secret, readable by standard tools.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileNumber, parseFileName } from "../../lib/archive/store/file_name.ts";
import { serve } from "../support/http_server.ts";
import { openWorld } from "../jobs/world.ts";
import { recordsOf, textOf } from "./reading_archive.ts";
import { archivingWorld, startThings, thingsJob } from "./things_api.ts";

Deno.test("a run with an archive keeps every response, and the target records the place of each", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  const { summary } = await world.backfill("--start-date 2024-01-01 --end-date 2024-01-04");
  assertEquals([summary.ok, summary.requests], [true, 12]);

  const records = await recordsOf(world.archive!);
  const types = Object.groupBy(records, ({ type }) => type);
  assertEquals(records[0]!.type, "warcinfo");
  assertEquals(
    Object.fromEntries(Object.entries(types).map(([type, all]) => [type, all!.length])),
    { warcinfo: 1, response: 12, request: 12, metadata: 4 },
  );

  const rows = await world.query(
    'SELECT file::text, "offset", length, day::text, job FROM hindcast_archive ORDER BY file, "offset"',
  );
  assertEquals(
    rows,
    types.response!.map(({ file, offset, length, headers }) => ({
      file: String(fileNumber(parseFileName(file)!)),
      ...{ offset, length, job: "things" },
      day: JSON.parse(headers.get("hindcast-about")!).from,
    })),
  );
  const first = types.response!.find(({ headers }) =>
    headers.get("warc-target-uri") === `${api.url}/things?day=2024-01-02&page=2`
  )!;
  const [head, body] = first.block.split("\r\n\r\n");
  assertStringIncludes(head!, "HTTP/1.1 200 OK\r\n");
  assertEquals(JSON.parse(body!).items, [{ id: "2024-01-02-3", size: 3 }, {
    id: "2024-01-02-4",
    size: 4,
  }]);
  const { records: read, pages } = JSON.parse(types.metadata![0]!.block);
  assertEquals([read, pages], [5, 3]);
});

Deno.test("a run without an archive keeps nothing", async () => {
  await using api = startThings();
  await using world = await openWorld({ job: thingsJob(api.url) });
  await world.backfill("--start-date 2024-01-01 --end-date 2024-01-02");
  assertEquals(await world.query("SELECT count(*)::int AS count FROM hindcast_archive"), [{
    count: 0,
  }]);
});

Deno.test("no secret enters the archive: of headers, queries, bodies and what the API echoes", async () => {
  const [password, key, token] = ["p@ss/wörd 9f3c", "K3Y-2f81ab", "tok_51Hx/+9="];
  await using api = serve((request) => {
    const url = new URL(request.url);
    const headers = new Headers({ "set-cookie": `session=${token}`, "x-echo": key });
    return Response.json({
      ...{ next: `${url.href}&again=1`, auth: request.headers.get("authorization") },
      ...{ echoed: token, items: [{ id: "1", sent: key }] },
    }, { headers });
  });
  const job = `job: things
source:
  url: "${api.url}"
  auth: { basic: { username: me, password: "\${MY_PASSWORD}" }, query: { api_key: "\${MY_KEY}" } }
  headers: { X-Token: "\${MY_TOKEN}" }
variables: [MY_PASSWORD, MY_KEY, MY_TOKEN]
tables: { things: { key: id, columns: { id: text } } }
streams:
  things:
    request: { path: /things, method: POST, query: { k: "\${MY_KEY}", X-Amz-Signature: "5f3c9a", page_token: "{from}" }, body: { token: "\${MY_TOKEN}", day: "{from}" } }
    window: day
    records: items
    rows: things
    paging: none
`;
  await using world = await archivingWorld(job, {
    env: { MY_PASSWORD: password, MY_KEY: key, MY_TOKEN: token },
  });
  const { error } = await world.backfill("--start-date 2024-01-01 --end-date 2024-01-01");
  assertEquals(error, undefined);
  const text = await textOf(world.archive!);
  assertStringIncludes(text, '"items":[{"id":"1","sent":"***"}]');
  assertStringIncludes(text, "X-Amz-Signature=***&page_token=2024-01-01");
  for (const secret of [password, key, token]) {
    for (
      const form of [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
        btoa(unescape(encodeURIComponent(`me:${secret}`))),
      ]
    ) assert(!text.includes(form), form);
  }
});

Deno.test("an entry of the index takes at most 100 bytes", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill("--start-date 2024-01-01 --end-date 2024-01-01");
  // Enough for the first page of each relation not to count.
  await world.query(
    `INSERT INTO hindcast_archive (file, "offset", length, day, updated_at, job)
     SELECT file, i * 60000, length, day, updated_at, job FROM generate_series(1, 30000) i,
       (SELECT * FROM hindcast_archive LIMIT 1) one`,
  );
  const [{ bytes, rows }] = await world.query(
    `SELECT pg_relation_size('hindcast_archive') + pg_relation_size('hindcast_archive_pkey') AS bytes,
       (SELECT count(*) FROM hindcast_archive) AS rows`,
  ) as [{ bytes: number; rows: number }];
  assert(Number(rows) > 30_000);
  assert(Number(bytes) / Number(rows) <= 100, `${Number(bytes) / Number(rows)} bytes`);
});
