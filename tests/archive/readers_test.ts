// The archive in the eyes of others: warcio for Python and for JavaScript read every record that a run has
// written, and agree with its digests.
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
    const files = [...Deno.readDirSync(folder.path)].map(({ name }) => folder.file(name));
    const { success, stdout, stderr } = await new Deno.Command("python3", {
      args: [`${REPOSITORY}tests/archive/read_warc.py`, ...files],
      env: { PYTHONPATH: python! },
    }).output();
    assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
    const records = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
      JSON.parse(line) as { type: string; bytes: number; verified: boolean; status: string }
    );
    assertEquals(records.filter(({ verified }) => !verified), []);
    const responses = records.filter(({ type }) => type === "response");
    const sizes = bodies.map((body) => new TextEncoder().encode(body).length);
    assertEquals(responses.map(({ bytes }) => bytes).sort(), sizes.sort());
    assertEquals(responses.filter(({ status }) => status === "404").length, 1);
    assertEquals(records.length, 22);
  },
});

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
