// What a worker claims where its readings of the logs overlap: no window that another worker has committed since the
// window was proposed, whichever reading has returned it.
import { assertEquals } from "@std/assert";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openMemoryKv } from "../../lib/checkpoint/open_kv.ts";
import { Claims } from "../../lib/coordinate/claims.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import { formatCivil } from "../../lib/plan/time/civil.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { days } from "../plan/jobs.ts";
import { sharedPostgres } from "../support/postgres_server.ts";

const JOB = "job";
const DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"];

function unitOf(day: string): Unit {
  const next = DAYS[DAYS.indexOf(day) + 1] ?? "2024-01-04";
  return { stream: "things", scope: "", each: "", eachValues: {}, window: days(day, next) };
}

Deno.test("a window that was committed since it was proposed is not claimed, whichever reading has returned it", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using target = await openTarget(url);
  await target.prepare({});
  using kv = await openMemoryKv();
  const worker = crypto.randomUUID();
  await using _lock = await target.lock(`worker ${worker}`, { run: "r", host: "h", pid: 1 });
  const claims = new Claims({
    ...{ job: JOB, target, worker, checkpoint: new Checkpoint(kv, "worker", JOB), isStored: false },
    ...{ randomId: () => crypto.randomUUID(), now: () => 0 },
  });
  claims.begin(0);
  await claims.learn();

  const proposed = DAYS.map(unitOf);
  await target.write([], [{
    ...{ job: JOB, stream: "things", scope: "", each: "", from: DAYS[0]!, to: DAYS[1]! },
    ...{ records: 1, rows: 1, rejected: 0, pages: 1, responseMs: 1, settled: true },
    fetchedAt: "2025-01-01T00:00:00Z",
  }]);
  // Another stream's reading comes first, and moves the mark beyond the window.
  const [, granted] = await Promise.all([claims.learn(), claims.claim("things", proposed)]);
  assertEquals([...granted].map(({ window }) => formatCivil(window!.from)), DAYS.slice(1));

  // The process tries again to share the run after an error: what it has learned is not read again.
  claims.begin(0);
  assertEquals((await claims.claim("things", [unitOf(DAYS[0]!)])).size, 0);
});
