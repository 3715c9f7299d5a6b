// A run continues if its logs cannot be written, and warns once.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { examineFiles } from "../../lib/cli/doctor_process.ts";
import { openLogsFolder } from "../../lib/cli/run_files.ts";
import { tempDir } from "../support/temp.ts";
import { openBench } from "./in_process.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { openSite } from "./site.ts";
import { tinyDisk } from "./tiny_disk.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-01-05"];
const ROWS = tablesOf(daysOf("2024-01-01", "2024-01-06")) as Record<string, unknown[]>;

Deno.test("backfill continues without logs where their folder cannot be created or is a file", async () => {
  await using api = startMeters();
  await using site = await openSite(meterJob(api.url), { files: { file: "" } });
  for (const folder of [site.file("file", "logs"), site.file("file")]) {
    const env = { BACKFILL_LOGS: folder };
    const { code, stdout, stderr } = await site.run("backfill", ARGS, { env });
    assertEquals([code, stderr], [0, ""], stdout);
    assertEquals(stdout.split("warning: Cannot write the logs: ").length, 2, stdout);
    assertStringIncludes(stdout, "hint: Set BACKFILL_LOGS to a writable folder");
    assertEquals(await site.rows(), ROWS);
  }
});

Deno.test("backfill continues without logs when their disk is full", async () => {
  await using disk = await tinyDisk(8);
  if (disk === undefined) return;
  await using api = startMeters();
  await using bench = await openBench(meterJob(api.url), { logs: disk.path });
  const { summary, events } = await bench.run("2024-01-01", "2024-03-31");
  assertEquals([summary.outcome, summary.windows.failed], ["done", 0]);
  const warnings = events.flatMap((event) => event.kind === "warning" ? [event.message] : []);
  assertEquals(warnings.length, 1, warnings.join("\n"));
  assertStringIncludes(warnings[0]!, "Cannot write the logs: No space left on device");
});

Deno.test("a folder of logs becomes private unless it has files of others, such as /var/log", () => {
  if (Deno.build.os === "windows") return;
  using dir = tempDir();
  const modeAfter = (name: string) => {
    Deno.writeTextFileSync(dir.file(name), "");
    Deno.chmodSync(dir.path, 0o755);
    openLogsFolder(dir.path);
    const { found } = examineFiles({
      databaseUrl: "postgres://h/d",
      kvPath: undefined,
      logsFolder: dir.path,
    });
    assertEquals(found, "only their owner can read them");
    return Deno.statSync(dir.path).mode! & 0o777;
  };
  assertEquals([modeAfter("backfill_events_x.log"), modeAfter("syslog")], [0o700, 0o755]);
});
