// Long files in the archive: kept part by part while they arrive, replayed and played back part by part, and
// never taken for complete if they are not.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { zipSync } from "fflate";
import { WARCParser } from "warcio";
import { PartedResponse } from "../../lib/archive/long_kept.ts";
import { Failure } from "../../lib/failure.ts";
import { playBack } from "../../lib/cli/commands/sandbox_archive.ts";
import { serve } from "../support/http_server.ts";
import { recordsOf } from "./reading_archive.ts";
import { S3_ENV, startS3 } from "./s3_server.ts";
import { archivingWorld } from "./things_api.ts";

const COUNT = 12_000;
const NOTE = "a note ".repeat(40);
const LINES = Array.from(
  { length: COUNT },
  (_, id) => `${id},"name ""${id}"" é",${id * 1.5},${NOTE}`,
);
/** 3.8 MB: more than a part. */
const BYTES = new TextEncoder().encode(`id,name,value,note\n${LINES.join("\n")}\n`);
const DAY = "--start-date 2025-01-01 --end-date 2025-01-01";

function job(url: string): string {
  return `job: files
source: { url: "${url}", retry: { initial_wait: 1ms } }
tables: { things: { key: id, columns: { id: integer, name: text, value: numeric } } }
streams:
  things:
    window: day
    request: { path: /file, query: { day: "{from}" } }
    format: csv
    rows: things
`;
}

const SUMS = `SELECT count(*)::int AS count, sum(id)::int8::text AS ids,
  count(*) FILTER (WHERE name = 'name "' || id || '" é')::int AS names FROM things`;
const WHOLE = [{ count: COUNT, ids: String(COUNT * (COUNT - 1) / 2), names: COUNT }];

/** A body that breaks off after some bytes. */
function broken(bytes: Uint8Array, after: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at < after) {
        return controller.enqueue(bytes.subarray(at, at = Math.min(after, at + 65_537)));
      }
      // What was sent arrives before the connection breaks.
      await new Promise((next) => setTimeout(next, 50));
      controller.error(new Error("broken"));
    },
  });
}

/** The body that the parts of the responses in a folder add up to. */
async function bodyOf(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const file = await Deno.open(`${folder}/${name}`);
    for await (const record of new WARCParser(file.readable)) {
      const body = await record.readFully(false);
      if (["response", "continuation"].includes(record.warcType!)) parts.push(new Uint8Array(body));
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

for (
  const [what, body] of [
    ["CSV", BYTES],
    ["a zip archive", new Uint8Array(zipSync({ "data.csv": [BYTES, { level: 0 }] }))],
  ] as const
) {
  Deno.test(`a long file of ${what} is archived part by part, replayed and played back`, async () => {
    let requests = 0;
    await using api = serve(() => (requests++, new Response(body)));
    await using world = await archivingWorld(job(api.url));
    const { summary } = await world.backfill(DAY);
    assertEquals([summary.ok, await world.query(SUMS)], [true, WHOLE]);
    const records = await recordsOf(world.archive!);
    assertEquals(records.map(({ type }) => type), [
      ...["warcinfo", "response", "request", "continuation", "metadata"],
    ]);
    assertEquals(await bodyOf(world.archive!), body);
    const places = records.filter(({ type }) => /response|continuation/.test(type))
      .map(({ offset, length }, at) => ({ offset, length, part: at === 0 ? null : at + 1 }));
    const index = 'SELECT "offset", length, part FROM hindcast_archive ORDER BY 1';
    assertEquals(await world.query(index), places);

    await using other = await archivingWorld(job(api.url), { archive: world.archive! });
    other.nowMs += 60_000;
    const replayed = await other.backfill(`${DAY} --from-archive`);
    assertEquals([replayed.error, await other.query(SUMS)], [undefined, WHOLE]);
    assertEquals(await other.query(index), places);
    const ledger = 'SELECT "from", pages, records::int, fetched_at::text FROM hindcast_windows';
    assertEquals(await other.query(ledger), await world.query(ledger));

    await using played = await playBack(world.archive!, {});
    await using again = await archivingWorld(job(played.url));
    await again.backfill(DAY);
    assertEquals([await again.query(SUMS), requests], [WHOLE, 1]);
  });
}

Deno.test("a long file that breaks off is archived completely, whether it continues or is requested again", async () => {
  for (const hasRanges of [true, false]) {
    let requests = 0;
    await using api = serve((request) => {
      const headers: HeadersInit = hasRanges ? { "accept-ranges": "bytes", etag: '"v1"' } : {};
      if (++requests === 1) return new Response(broken(BYTES, 2_500_000), { headers });
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
      const range = `bytes ${from}-${BYTES.length - 1}/${BYTES.length}`;
      return from === 0 ? new Response(BYTES) : new Response(BYTES.subarray(from), {
        status: 206,
        headers: { ...headers, "content-range": range },
      });
    });
    await using world = await archivingWorld(job(api.url));
    const { summary } = await world.backfill(DAY);
    assertEquals([summary.ok, requests, await world.query(SUMS)], [true, 2, WHOLE]);
    await using other = await archivingWorld(job(api.url), { archive: world.archive! });
    const replayed = await other.backfill(`${DAY} --from-archive`);
    assertEquals([replayed.error, await other.query(SUMS), requests], [undefined, WHOLE, 2]);
  }
});

Deno.test("a long file whose end is missing from the archive is not replayed", async () => {
  await using api = serve(() => new Response(BYTES));
  await using world = await archivingWorld(job(api.url));
  await world.backfill(DAY);
  const last = (await recordsOf(world.archive!)).findLast(({ type }) => type === "continuation")!;
  const path = `${world.archive}/${last.file}`;
  const bytes = await Deno.readFile(path);
  const without = [bytes.subarray(0, last.offset), bytes.subarray(last.offset + last.length)];
  await Deno.writeFile(path, new Uint8Array(await new Blob(without).arrayBuffer()));
  await using other = await archivingWorld(job(api.url), { archive: world.archive! });
  const { error } = await other.backfill(`${DAY} --from-archive`);
  assertStringIncludes(
    String(error),
    "does not contain the current responses of things 2025-01-01",
  );
});

Deno.test("a long file is archived to a bucket and replayed from there", async () => {
  await using api = serve(() => new Response(BYTES));
  await using s3 = startS3();
  const kept = { archive: "s3://my-bucket/files", env: { ...S3_ENV, AWS_ENDPOINT_URL: s3.url } };
  await using world = await archivingWorld(job(api.url), kept);
  assertEquals((await world.backfill(DAY)).error, undefined);
  await using other = await archivingWorld(job(api.url), kept);
  assertEquals((await other.backfill(`${DAY} --from-archive`)).error, undefined);
  assertEquals(await other.query(SUMS), WHOLE);
});

Deno.test("a long file is not read on once the archive cannot be written", async () => {
  let parts = 0;
  const response = new PartedResponse({
    keep: () => ({ place: undefined, written: Promise.resolve(void parts++), day: null }),
    check: () => {
      if (parts > 0) throw new Failure("archive", "Cannot archive responses: the disk is full");
    },
  });
  const megabyte = new Uint8Array(1 << 20);
  for (let count = 0; count < 4; count++) await response.add(megabyte);
  await assertRejects(() => response.add(megabyte), Failure, "the disk is full");
});

Deno.test("parts end with a line, and are written one after the other", async () => {
  const kept: { number: number; isLast: boolean; text: string }[] = [];
  const response = new PartedResponse({
    keep: ({ number, isLast, body }) => {
      kept.push({ number, isLast, text: new TextDecoder().decode(body) });
      return { place: undefined, written: Promise.resolve(), day: null };
    },
    check: () => {},
  });
  const text = "a line of a file\n".repeat(300_000);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 100_003) {
    await response.add(bytes.subarray(at, at + 100_003));
  }
  assertEquals(response.end().length, kept.length);
  assertEquals(kept.map(({ number, isLast }) => [number, isLast]), [[1, false], [2, false], [
    3,
    true,
  ]]);
  assert(kept.every((part) => part.text.endsWith("\n") && part.text.startsWith("a line")));
  assertEquals(kept.map((part) => part.text).join(""), text);
});
