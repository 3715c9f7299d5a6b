// Whatever happens to the process or to the disk, the ledger is never ahead of the archive: each committed
// window has its responses there, whole.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { tinyDisk } from "../faults/tiny_disk.ts";
import { daysOf, meterJob, startMeters } from "../faults/meter_api.ts";
import { openSite, type Site } from "../faults/site.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { fileNumber, parseFileName } from "../../lib/archive/store/file_name.ts";
import { recordsOf } from "./reading_archive.ts";

/** The days of the ledger, after a check that the archive has every response of them. */
async function committedDays(site: Site, archive: string): Promise<string[]> {
  await using target = await openTarget(site.databaseUrl);
  const query = async (sql: string) => (await target.query(sql)).rows.map((row) => row.map(String));
  const days = await query(`SELECT "from" FROM hindcast_windows ORDER BY 1`);
  const places = await query(`SELECT file, "offset", length, day::text FROM hindcast_archive`);
  const pages = await query(`SELECT coalesce(sum(pages), 0) FROM hindcast_windows`);
  const kept = new Map<string, string>();
  for (const { file, offset, length, type } of await recordsOf(archive)) {
    kept.set(`${fileNumber(parseFileName(file)!)} ${offset}`, `${type} ${length}`);
  }
  for (const [file, offset, length] of places) {
    assertEquals(kept.get(`${file} ${offset}`), `response ${length}`);
  }
  const archived = new Set(places.map(([, , , day]) => day));
  assertEquals(days.filter(([day]) => !archived.has(day)), []);
  assert(places.length >= Number(pages[0]![0]), `${places.length} of ${pages} pages`);
  return days.map(([day]) => day!);
}

Deno.test("after kill -9 every committed window is in the archive, and the next run completes it", async () => {
  const days = daysOf("2023-01-01", "2023-02-09");
  await using api = startMeters(async () => void await delay(20));
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  const archive = site.file("archive");
  const args = ["--start-date", days[0]!, "--end-date", days.at(-1)!, "--resume"];
  const env = { BACKFILL_ARCHIVE: archive };
  {
    await using task = site.spawn("backfill", args, { env });
    const ended = task.result.then(({ stderr }) => stderr);
    while (api.asked.length < 25 && await Promise.race([ended, delay(5)]) === undefined);
  }
  const before = await committedDays(site, archive);
  assert(before.length > 0 && before.length < days.length, `${before.length} days`);

  const { code, stderr } = await site.run("backfill", args, { env });
  assertEquals(code, 0, stderr);
  assertEquals(await committedDays(site, archive), days);
});

const disk = await tinyDisk(64);

Deno.test({
  name: disk === undefined
    ? "a run stops before it commits what a full disk cannot keep (skipped: no tmpfs can be mounted)"
    : "a run stops before it commits what a full disk cannot keep",
  ignore: disk === undefined,
  fn: async () => {
    await using full = disk!;
    const days = daysOf("2023-01-01", "2023-03-31");
    await using api = startMeters();
    await using site = await openSite(meterJob(api.url));
    const archive = `${full.path}/archive`;
    const args = ["--start-date", days[0]!, "--end-date", days.at(-1)!, "--resume"];
    const env = { BACKFILL_ARCHIVE: archive };
    const { code, stderr } = await site.run("backfill", args, { env });
    assertEquals(code, 1);
    assertStringIncludes(stderr, `error: Cannot archive responses in ${archive}: No space left`);
    const before = await committedDays(site, archive);
    assert(before.length < days.length, `${before.length} days`);

    const elsewhere = { BACKFILL_ARCHIVE: site.file("archive") };
    const second = await site.run("backfill", args, { env: elsewhere });
    assertEquals([second.code, second.stderr], [0, ""]);
  },
});
