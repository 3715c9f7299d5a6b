// The checkpoint file is deleted, truncated, locked, or its disk is full: a clear message, nothing lost in the
// database, and `deno task checkpoint --rebuild` restores coverage from what the target recorded.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { LAYOUT_VERSION, VERSION_KEY } from "../../lib/checkpoint/key.ts";
import { longTest } from "./long.ts";
import { daysOf, type MeterApi, meterJob, readingsOf, startMeters, tablesOf } from "./meter_api.ts";
import { openSite, type Site } from "./site.ts";
import { openSql } from "./sql.ts";
import { tinyDisk } from "./tiny_disk.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-02-29"];
const DAYS = daysOf("2024-01-01", "2024-03-01");
type Tables = Record<string, unknown[]>;

/** A site with sixty days in its database. */
async function filledSite(api: MeterApi, env: Record<string, string> = {}): Promise<Site> {
  const site = await openSite(meterJob(api.url), { env });
  const { code, stderr } = await site.run("backfill", ARGS);
  assertEquals(code, 0, stderr);
  return site;
}

/** Windows left to fetch, according to the checkpoint. */
async function left(site: Site): Promise<number> {
  const { code, stdout, stderr } = await site.run("backfill", [
    ...ARGS,
    "--check-status",
    "--json",
  ]);
  assertEquals(code, 0, stderr);
  return JSON.parse(stdout).left;
}

/** Removes the file and what SQLite keeps beside it. */
function remove(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) {
    try {
      Deno.removeSync(path + suffix);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** No command can use the checkpoint; each says why and what to do. */
async function assertRefused(site: Site, api: MeterApi, why: string): Promise<void> {
  const before = api.asked.length;
  const commands: [string, string[]][] = [["backfill", [...ARGS, "--resume"]], ["status", []], [
    "errors",
    [],
  ]];
  for (const { code, stderr } of await Promise.all(commands.map((one) => site.run(...one)))) {
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, why);
    assertStringIncludes(stderr, "hint: Run `deno task checkpoint --config");
  }
  assertEquals(api.asked.length, before);
}

async function assertRebuilds(site: Site, api: MeterApi): Promise<void> {
  const { code, stdout, stderr } = await site.run("checkpoint", ["--rebuild", "--json"]);
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout).streams.readings.days, ["2024-01-01", "2024-02-29"]);
  const before = api.asked.length;
  const resumed = await site.run("backfill", [...ARGS, "--resume"]);
  assertEquals([resumed.code, api.asked.length - before], [0, 0], resumed.stderr);
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
}

Deno.test("a checkpoint that was deleted is read from the database, and --rebuild replaces one that is truncated or has an older layout", async () => {
  await using api = startMeters();
  await using site = await filledSite(api);

  remove(site.kvPath);
  assertEquals(await left(site), 0, "an empty checkpoint reads what the database has");
  const before = api.asked.length;
  assertEquals((await site.run("backfill", ["--resume"])).code, 0);
  assertEquals(api.asked.length, before);
  remove(site.kvPath);
  await assertRebuilds(site, api);

  const whole = Deno.readFileSync(site.kvPath);
  remove(site.kvPath);
  Deno.writeFileSync(site.kvPath, whole.subarray(0, whole.length / 2));
  await assertRefused(site, api, `Cannot open the checkpoint "${site.kvPath}": `);
  await assertRebuilds(site, api);
  const names = Array.from(Deno.readDirSync(site.folder), ({ name }) => name);
  assert(names.some((name) => name.startsWith("checkpoints.db.broken-")), names.join());

  const kv = await Deno.openKv(site.kvPath);
  await kv.set(VERSION_KEY, LAYOUT_VERSION - 1);
  kv.close();
  await assertRefused(site, api, `its layout is version ${LAYOUT_VERSION - 1}`);
  await assertRebuilds(site, api);
});

Deno.test("checkpoint --rebuild restores which windows had rejected rows, and --resume fetches them again", async () => {
  const [unreadable, refused] = DAYS.filter((day) => readingsOf(day).length > 5);
  await using api = startMeters(({ from, skip, page }) => {
    if (skip > 0 || (from !== unreadable && from !== refused)) return undefined;
    const { total, readings: [first, ...others] } = page();
    const spoilt = from === unreadable ? { count: "many" } : { count: 13_013 };
    return { total, readings: [{ ...first, ...spoilt }, ...others] };
  });
  // One window at a time: of a batch of several, each is fetched again when one of its rows is refused.
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 1" }));
  const last = ["--start-date", "2024-02-29", "--end-date", "2024-02-29"];
  assertEquals((await site.run("backfill", last)).code, 0);
  await using sql = openSql(site.databaseUrl);
  await sql.run("ALTER TABLE readings ADD CHECK (count < 10000)");
  const found = await site.run("backfill", ARGS);
  assertEquals(found.code, 1, found.stderr);

  remove(site.kvPath);
  const { code, stdout, stderr } = await site.run("checkpoint", ["--rebuild"]);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /next {3}deno task backfill --config \S+ --resume\n/);
  const errors = JSON.parse((await site.run("errors", ["--json"])).stdout);
  const days = errors.map((one: { window: string[] }) => one.window[0]);
  assert(days.includes(unreadable) && days.includes(refused), days.join());

  api.spoil = () => undefined;
  const before = api.asked.length;
  const resumed = await site.run("backfill", [...ARGS, "--resume"]);
  assertEquals(resumed.code, 0, resumed.stderr);
  const asked = new Set(api.asked.slice(before).map(({ from }) => from));
  assertEquals([...asked].sort(), days.sort());
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
});

longTest(
  "backfill prints what to do when another process has locked the whole checkpoint",
  async () => {
    await using api = startMeters();
    await using site = await filledSite(api);
    const other = new DatabaseSync(site.kvPath);
    other.exec("BEGIN EXCLUSIVE");
    const { code, stderr } = await site.run("backfill", ARGS);
    other.exec("ROLLBACK");
    other.close();
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, `error: Cannot open the checkpoint "${site.kvPath}": `);
    assertStringIncludes(stderr, "database is locked");
    assertStringIncludes(stderr, "hint: Stop the other process");
    assertEquals((await site.run("backfill", [...ARGS, "--resume"])).code, 0);
  },
);

Deno.test("backfill loses nothing when the checkpoint is deleted while it runs", async () => {
  await using api = startMeters();
  await using site = await openSite(meterJob(api.url));
  api.spoil = ({ number }) => {
    if (number === 30) {
      remove(site.kvPath);
    }
    return undefined;
  };
  const { code, stderr } = await site.run("backfill", ARGS);
  // SQLite may or may not notice; in either case the rows are there or the run reports a failure.
  if (code === 0) assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
  else assertStringIncludes(stderr, "error: Cannot ");
  api.spoil = () => undefined;
  assertEquals((await site.run("checkpoint", ["--rebuild"])).code, 0);
  assertEquals((await site.run("backfill", [...ARGS, "--resume"])).code, 0);
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
});

Deno.test("backfill stops and says what to do when the checkpoint's disk is full", async () => {
  await using disk = await tinyDisk(2000);
  if (disk === undefined) {
    console.log("  this user may not mount a small disk: not tried");
    return;
  }
  await using api = startMeters();
  const env = { BACKFILL_KV: `${disk.path}/checkpoints.db` };
  await using site = await openSite(meterJob(api.url), { env });
  const filler = `${disk.path}/filler`;
  api.spoil = ({ number }) => {
    if (number === 30) fill(filler);
    return undefined;
  };
  const run = await site.run("backfill", ARGS);
  assertEquals(run.code, 1, run.stderr);
  assertStringIncludes(run.stderr, "error: Cannot write the checkpoint: ");
  assertStringIncludes(run.stderr, "full");
  assertStringIncludes(run.stderr, "hint: Free space on the disk, then run again with --resume");
  api.spoil = () => undefined;
  Deno.removeSync(filler);
  const resumed = await site.run("backfill", [...ARGS, "--resume"]);
  assertEquals(resumed.code, 0, resumed.stderr);
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
});

/** Writes until nothing fits any more. */
function fill(path: string): void {
  using file = Deno.openSync(path, { create: true, append: true });
  try {
    for (;;) file.writeSync(new Uint8Array(4096));
  } catch { /* the disk is full */ }
}
