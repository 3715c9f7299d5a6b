// What `archive` and `status` show of an archive, in processes with the permissions of the launcher.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { openSite, type Site } from "../faults/site.ts";
import { exportRecords } from "../../lib/archive/export.ts";
import { FolderStore } from "../../lib/archive/store/folder_store.ts";
import { tempDir } from "../support/temp.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { archivingWorld, startThings, thingsJob } from "./things_api.ts";
import { recordsOf } from "./reading_archive.ts";

/** A site whose archive holds four days. */
async function filledSite(): Promise<Site & { archive: string }> {
  await using api = startThings();
  const site = await openSite(thingsJob(api.url));
  const archive = site.file("archive");
  const env = { BACKFILL_ARCHIVE: archive };
  const args = ["--start-date", "2024-01-01", "--end-date", "2024-01-04"];
  const { code, stderr } = await site.run("backfill", args, { env });
  assertEquals([code, stderr], [0, ""]);
  const run: Site["run"] = (command, args) => site.run(command, args, { env });
  return { ...site, archive, run };
}

Deno.test("status, verify, export and prune work on the archive of a job", async () => {
  await using site = await filledSite();
  const shown = await site.run("status");
  assertStringIncludes(shown.stdout, "archive  12 responses, 0.0 MB, 2024-01-01 .. 2024-01-04");
  const { archive } = JSON.parse((await site.run("status", ["--json"])).stdout);
  assertEquals([archive.responses, archive.from, archive.to], [12, "2024-01-01", "2024-01-04"]);

  const verified = await site.run("archive", ["verify"]);
  assertEquals([verified.code, verified.stderr], [0, ""]);
  assertStringIncludes(verified.stdout, "1 file, 29 records; the database records 12 responses");

  const dates = ["--start-date", "2024-01-02", "--end-date", "2024-01-03"];
  const exported = await site.run("archive", ["export", ...dates]);
  assertEquals([exported.code, exported.stderr], [0, ""]);

  const kept = await site.run("archive", ["prune", "--keep", "400d"]);
  assertEquals([kept.code, kept.stdout], [0, "nothing to delete\n"]);
  for (const { name } of Deno.readDirSync(site.archive)) {
    Deno.utimeSync(`${site.archive}/${name}`, new Date(2020, 1), new Date(2020, 1));
  }
  await using target = await openTarget(site.databaseUrl);
  {
    // A run may still append to its file.
    await using _run = await target.lock("things", { run: "r", host: "h", pid: 1 });
    const refused = await site.run("archive", ["prune", "--keep", "400d"]);
    assertEquals([refused.code, [...Deno.readDirSync(site.archive)].length], [1, 1]);
    assertStringIncludes(refused.stderr, 'job "things" is being run');
  }
  const pruned = await site.run("archive", ["prune", "--keep", "400d"]);
  assertStringIncludes(pruned.stdout, "deleted 1 file");
  assertEquals([...Deno.readDirSync(site.archive)], []);
  const { rows } = await target.query("SELECT count(*)::int FROM hindcast_archive");
  assertEquals(rows, [[0]]);
});

Deno.test("archive export copies the records of some days into one file", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill("--start-date 2024-01-01 --end-date 2024-01-02");
  await world.backfill("--start-date 2024-01-03 --end-date 2024-01-04");
  using folder = tempDir();
  const selection = { job: "things", streams: ["things"], from: "2024-01-02", to: "2024-01-03" };
  const parts = await Array.fromAsync(exportRecords(new FolderStore(world.archive!), selection));
  const path = folder.file("things-20240101T000000Z-00001-0001.warc.gz");
  await Deno.writeFile(path, await new Blob(parts).bytes());
  const records = await recordsOf(folder.path);
  const types = Object.groupBy(records, ({ type }) => type);
  assertEquals(
    Object.entries(types).map(([type, all]) => `${type} ${all!.length}`).sort(),
    ["metadata 2", "request 6", "response 6", "warcinfo 1"],
  );
  const days = types.response!.map(({ headers }) => headers.get("warc-target-uri")!.slice(-17, -7));
  assertEquals([...new Set(days)].sort(), ["2024-01-02", "2024-01-03"]);
});

Deno.test("archive verify finds a damaged record and a missing response, and reports an incomplete end", async () => {
  await using site = await filledSite();
  const records = await recordsOf(site.archive);
  const path = `${site.archive}/${records[0]!.file}`;
  const bytes = await Deno.readFile(path);
  const { offset, length } = records.filter(({ type }) => type === "response")[2]!;
  bytes[offset + length - 12]! ^= 0xff;
  await Deno.writeFile(path, bytes);
  const damaged = JSON.parse((await site.run("archive", ["verify", "--json"])).stdout);
  assertEquals([damaged.ok, damaged.missing, damaged.problems.length], [false, 0, 1]);
  assertStringIncludes(damaged.problems[0], `the record at ${offset} (things 2024-01-01) `);

  const last = records.findLast(({ type }) => type === "response")!;
  await Deno.truncate(path, last.offset + last.length - 5);
  const torn = JSON.parse((await site.run("archive", ["verify", "--json"])).stdout);
  assertEquals([torn.ok, torn.missing], [false, 1]);
  assertStringIncludes(torn.notes[0], `${last.length - 5} bytes of a partial record`);
});

Deno.test("damage anywhere in a file loses only the records that it touches, and a replay lists their windows", async () => {
  await using site = await filledSite();
  const records = await recordsOf(site.archive);
  const { file, offset, length } = records.find(({ type, headers }) =>
    type === "response" && headers.get("warc-target-uri")!.endsWith("day=2024-01-02&page=2")
  )!;
  const path = `${site.archive}/${file}`;
  const whole = await Deno.readFile(path);
  // What is damaged: the head of a record, its compressed headers, its checksum, and all of it.
  for (const [from, to] of [[2, 6], [30, 60], [length - 8, length - 4], [0, length]] as const) {
    await Deno.writeFile(path, whole.with(0, whole[0]!).fill(0x1f, offset + from, offset + to));
    const { stdout } = await site.run("archive", ["verify", "--json"]);
    const { ok, files, records: count, notes, problems } = JSON.parse(stdout);
    assertEquals([ok, files, count, notes], [false, 1, records.length - 1, []], stdout);
    const isSkipped = from < length - 8;
    assertStringIncludes(
      problems[0],
      isSkipped ? `the ${length} bytes at ${offset} are damaged` : `the record at ${offset} `,
    );
    assertEquals(
      problems.slice(1),
      isSkipped ? [`${file}: is missing 1 response of 2024-01-02`] : [],
    );
    const replayed = await site.run("backfill", ["--from-archive", "--end-date", "2024-01-04"]);
    assertEquals(replayed.code, 1);
    const shown = replayed.stdout + replayed.stderr;
    assertMatch(shown, /things +2024-01-02 +failed|current responses of things 2024-01-02/);
    for (const day of [1, 3, 4]) assertMatch(shown, new RegExp(`things +2024-01-0${day} +3 pages`));
  }
  await Deno.writeFile(path, whole);
  assertEquals((await site.run("archive", ["verify"])).code, 0);
});

Deno.test("keep deletes old files of the job, and of no other job, when a run ends", async () => {
  await using api = startThings();
  await using world = await archivingWorld(thingsJob(api.url));
  await world.backfill("--start-date 2024-01-01 --end-date 2024-01-02");
  const files = () => [...Deno.readDirSync(world.archive!)].map(({ name }) => name).sort();
  const [first] = files();
  const other = "other-20200101T000000Z-00001-0001.warc.gz";
  await Deno.copyFile(`${world.archive}/${first}`, `${world.archive}/${other}`);
  const old = new Date(world.nowMs - 401 * 86_400_000);
  for (const name of files()) await Deno.utime(`${world.archive}/${name}`, old, old);
  const keep = 400 * 86_400_000;
  Object.assign(world, { job: { ...world.job, archive: { path: "x", keep } } });
  await world.backfill("--start-date 2024-01-03 --end-date 2024-01-03");
  assert(!files().includes(first!), files().join(" "));
  assertEquals(files().length, 2);
  assert(files().includes(other));
  assertEquals(
    await world.query("SELECT DISTINCT day::text FROM hindcast_archive"),
    [{ day: "2024-01-03" }],
  );
});
