// The archive as other tools read it: warcio for Python and for JavaScript read every record that a run has written,
// and agree with its digests.
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { WARCParser } from "warcio";
import { serve } from "../support/http_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { openWorld } from "../jobs/world.ts";

/** Writes an archive of seven responses: ASCII, UTF-8, empty, and one with an error status. */
async function writeArchive(folder: string): Promise<string[]> {
  const bodies = [
    ...['[{"id":1,"name":"x"}]', '[{"id":2,"name":"Zürich – 東京"}]', ""],
    ...["[]", `[{"id":5,"name":"${"long ".repeat(20_000)}"}]`, "[]", "[]"],
  ];
  await using api = serve((request) => {
    const day = Number(new URL(request.url).searchParams.get("day")!.slice(-2));
    const body = bodies[day - 1]!;
    const status = body === "" ? 404 : 200;
    return new Response(body, { status, headers: { "content-type": "application/json" } });
  });
  const job = `job: shop
start: 2024-01-01
source: "${api.url}"
tables: { things: { key: id, columns: { id: bigint, name: text } } }
streams:
  things:
    request: "/things?day={from}"
    window: day
    rows: things
    empty_on: [404]
`;
  await using world = await openWorld({ job, archive: folder });
  const { error } = await world.backfill("--start-date 2024-01-01 --end-date 2024-01-07");
  assertEquals(error, undefined);
  return bodies;
}

/** Writes an archive of one response of 5 MB; returns its body. */
async function writeLong(folder: string): Promise<string> {
  const body = "id,name\n" +
    Array.from({ length: 500 }, (_, id) => `${id},${"é".repeat(5_000)}\n`).join("");
  await using api = serve(() => new Response(body));
  const job = `job: shop
source: "${api.url}"
tables: { things: { key: id, columns: { id: bigint } } }
streams: { things: { request: /things, format: csv, rows: things } }
`;
  await using world = await openWorld({ job, archive: folder });
  assertEquals((await world.backfill("")).error, undefined);
  return body;
}

const digestOf = (text: string) => createHash("sha1").update(text).digest("hex");

Deno.test("warcio.js reads every record of an archive, and its payloads have the stated digests", async () => {
  using folder = tempDir();
  const bodies = await writeArchive(folder.path);
  const read: string[] = [];
  const types: Record<string, number> = {};
  for await (const { name } of Deno.readDir(folder.path)) {
    const file = await Deno.open(folder.file(name));
    for await (const record of new WARCParser(file.readable)) {
      const payload = await record.readFully(false);
      const type = record.warcType!;
      types[type] = (types[type] ?? 0) + 1;
      if (type !== "response") continue;
      read.push(createHash("sha1").update(payload).digest("hex"));
      assertEquals(
        record.warcHeader("WARC-Payload-Digest"),
        `sha1:${base32(createHash("sha1").update(payload).digest())}`,
      );
    }
  }
  assertEquals(types, { warcinfo: 1, response: 7, request: 7, metadata: 7 });
  assertEquals(read.sort(), bodies.map(digestOf).sort());
});

Deno.test("warcio.js reads the parts of a long response", async () => {
  using folder = tempDir();
  const body = await writeLong(folder.path);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const { name } of Deno.readDir(folder.path)) {
    const file = await Deno.open(folder.file(name));
    for await (const record of new WARCParser(file.readable)) {
      const payload = new Uint8Array(await record.readFully(false));
      if (/response|continuation/.test(record.warcType!)) parts.push(payload);
      const number = record.warcHeader("WARC-Segment-Number");
      if (number !== null && number !== undefined) assertEquals(Number(number), parts.length);
    }
  }
  assertEquals([parts.length, await new Blob(parts).text() === body], [3, true]);
});

/** Base32 by way of bits, apart from the code that is tested. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{5}/g)!
    .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[parseInt(five, 2)]).join("");
}

const python = await pythonWithWarcio();

Deno.test({
  name: python === undefined
    ? "warcio for Python reads every record (skipped: pip cannot install it)"
    : "warcio for Python reads every record of an archive and verifies its digests",
  ignore: python === undefined,
  fn: async () => {
    using folder = tempDir();
    const bodies = await writeArchive(folder.path);
    const records = await readWithPython(folder.path);
    assertEquals(records.filter(({ verified }) => !verified), []);
    const responses = records.filter(({ type }) => type === "response");
    const sizes = bodies.map((body) => new TextEncoder().encode(body).length);
    assertEquals(responses.map(({ bytes }) => bytes).sort(), sizes.sort());
    assertEquals(responses.filter(({ status }) => status === "404").length, 1);
    assertEquals(records.length, 22);

    using longs = tempDir();
    const body = await writeLong(longs.path);
    const read = await readWithPython(longs.path);
    assertEquals(read.map(({ type, verified }) => `${type} ${verified}`), [
      ...["warcinfo true", "response true", "request true", "continuation true"],
      ...["continuation true", "metadata true"],
    ]);
    const bytes = read.filter(({ type }) => /response|continuation/.test(type))
      .reduce((sum, { bytes }) => sum + bytes, 0);
    assertEquals(bytes, new TextEncoder().encode(body).length);
  },
});

interface PythonRecord {
  readonly type: string;
  readonly bytes: number;
  readonly verified: boolean;
  readonly status: string;
}

/** What warcio for Python reads in the files of a folder. */
async function readWithPython(folder: string): Promise<PythonRecord[]> {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: [`${REPOSITORY}tests/archive/read_warc.py`, ...files],
    env: { PYTHONPATH: python! },
  }).output();
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
}

/** A folder of packages with warcio; undefined where pip cannot install it. */
async function pythonWithWarcio(): Promise<string | undefined> {
  const folder = Deno.makeTempDirSync({ prefix: "hindcast-warcio-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const args = ["-m", "pip", "install", "--quiet", "--target", folder, "warcio==1.8.1"];
  try {
    const { success } = await new Deno.Command("python3", { args, stderr: "null" }).output();
    return success ? folder : undefined;
  } catch {
    return undefined;
  }
}
