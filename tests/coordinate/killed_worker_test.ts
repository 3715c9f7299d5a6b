// What fails at a worker fails the run that it works on, whether the worker leaves a summary or is killed.
import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { crowded } from "../faults/crowd.ts";
import { type Asked, daysOf, meterJob, type Reading, startMeters } from "../faults/meter_api.ts";
import { openSite } from "../faults/site.ts";
import { openSql } from "../faults/sql.ts";

const DAYS = daysOf("2024-01-01", "2024-02-10");
const PATIENT = { timeoutMs: 180_000 };

/** Kills the guest, or lets it leave. */
type End = "killed" | "leaves";

/** Runs a backfill whose guest ends once a statement finds a row; the API spoils what the guest fetches first. */
async function runWithGuest(spoilt: (asked: Asked) => unknown, found: string, end: End) {
  const [decided, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ofGuest = new Set<string>();
  await using api = startMeters(async (asked) => {
    await decided.promise;
    if (ofGuest.has(asked.from)) return await spoilt(asked);
    return await opened.promise;
  });
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 1" }));
  await using sql = openSql(site.databaseUrl);
  const range = ["--start-date", DAYS[0]!, "--end-date", DAYS.at(-1)!];
  await using run = site.spawn("backfill", [...range, "--json"], PATIENT);
  let guestCode: number | undefined;
  {
    await using guest = site.spawn("worker", ["--name", "guest", "--wait", "100"], PATIENT);
    await crowded(site, 2);
    const [first] = await sql.run(
      `SELECT "from" FROM hindcast_claims JOIN hindcast_workers USING (worker)
      WHERE name = 'guest' ORDER BY "from" LIMIT 1`,
    );
    ofGuest.add(String(first!.from));
    decided.resolve();
    while ((await sql.run(found)).length === 0) await delay(20);
    if (end === "leaves") {
      opened.resolve();
      guestCode = (await guest.result).code;
    }
  }
  opened.resolve();
  const { code, stdout } = await run.result;
  const { windows, rejected, outcome } = JSON.parse(stdout);
  const [record] = await sql.run("SELECT summary->>'outcome' AS outcome FROM hindcast_runs");
  return { code, outcome, failed: windows.failed, rejected, recorded: record!.outcome, guestCode };
}

/** A reading whose value is not a number. */
const WRONG: Reading = {
  ...{ id: "x", taken_at: "2024-01-01T00:00:00Z", day: "", count: null, value: "no number" },
  ...{ note: null, tags: [], raw: null, meter: { id: "m1", name: "Meter 1" } },
};
const wrongRow = ({ from }: Asked) => ({ total: 1, readings: [{ ...WRONG, day: from }] });
const REJECTED = "SELECT FROM hindcast_windows WHERE rejected > 0";

Deno.test("a window that failed at a worker that was killed fails the run", async () => {
  const refused = () => new Response("", { status: 422 });
  const { code, ...ended } = await runWithGuest(refused, "SELECT FROM hindcast_failures", "killed");
  assertEquals(code, 1);
  const outcome = { outcome: "failed", recorded: "failed", guestCode: undefined };
  assertEquals(ended, { ...outcome, failed: 1, rejected: 0 });
});

Deno.test("a row that a killed worker rejected fails the run", async () => {
  const { code, ...ended } = await runWithGuest(wrongRow, REJECTED, "killed");
  assertEquals(code, 1);
  const outcome = { outcome: "failed", recorded: "failed", guestCode: undefined };
  assertEquals(ended, { ...outcome, failed: 0, rejected: 1 });
});

Deno.test("a worker that rejects a row ends with an error, as its run does", async () => {
  const { code, guestCode } = await runWithGuest(wrongRow, REJECTED, "leaves");
  assertEquals([code, guestCode], [1, 1]);
});
