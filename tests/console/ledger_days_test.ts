import { assertEquals } from "@std/assert";
import { daysKey, readLedgerDays } from "../../lib/console/state/ledger_days.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { LedgerEntry } from "../../lib/upsert/sql/ledger_sql.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { sharedPostgres } from "../support/postgres_server.ts";

const entry = (from: string, to: string, records: number, more: Partial<LedgerEntry> = {}) => ({
  ...{ job: "j", stream: "s", scope: "", each: "", from, to, records, rows: 2 * records },
  ...{ rejected: 0, pages: 1, responseMs: 1, settled: true, fetchedAt: "2025-02-01T00:00:00Z" },
  ...more,
});

Deno.test("readLedgerDays() spreads windows over days; where windows overlap, the last one counts", async () => {
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  assertEquals(await readLedgerDays(target, "j"), new Map());
  await using _lock = await target.lock("j", { run: "r", host: "h", pid: 1 });
  await target.prepare({});
  await target.write([], [
    entry("2025-01-01", "2025-01-05", 40),
    entry("2025-01-02", "2025-01-03", 7, { fetchedAt: "2025-02-02T00:00:00Z" }),
    entry("2025-01-05", "2025-01-05T12:00", 3),
    entry("2025-01-05T12:00", "2025-01-06", 4),
    entry("2025-01-01", "2025-01-02", 100, { each: "place=b" }),
    entry("2025-01-01", "2025-01-02", 9, { job: "other" }),
  ]);
  const days = (await readLedgerDays(target, "j")).get(daysKey("s", ""))!;
  assertEquals(days.firstDay, parseCivil("2025-01-01")! / 1440);
  assertEquals([...days.records], [110, 7, 10, 10, 7]);
  assertEquals([...days.rows], [220, 14, 20, 20, 14]);
});
