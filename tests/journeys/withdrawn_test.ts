// A runner that is withdrawn and a meeting that is abandoned leave the cards of their day: their rows are marked,
// unless a result returned them, and the mark is taken back when they return.
import { assert, assertEquals } from "@std/assert";
import { type Fault, parseFault } from "../../lib/sandbox/faults.ts";
import { setup } from "./setup.ts";

const DAY = "--start-date 2025-10-18 --end-date 2025-10-18";

Deno.test("runners and races that leave the cards are marked, and unmarked when they return", async () => {
  const faults: Fault[] = [];
  await using journey = await setup({ sandbox: { faults } });
  const { target } = journey.stores;
  const marked = async (table: string) => {
    const sql = `SELECT count(*)::int FROM ${table} WHERE vanished_at IS NOT NULL`;
    return (await target.query(sql)).rows[0]![0];
  };
  await journey.backfill(`--only racecards ${DAY}`);
  assertEquals([await marked("ra_races"), await marked("ra_runners")], [0, 0]);
  faults.push(parseFault("withdraw:1"));
  const { summary } = await journey.backfill(`--only racecards ${DAY}`);
  const [races, runners] = [summary.rows.ra_races!, summary.rows.ra_runners!];
  assert(races.vanished! > 0 && runners.vanished! > races.vanished!);
  assertEquals(await marked("ra_races"), races.vanished);
  assertEquals(await marked("ra_runners"), runners.vanished);
  // A result says that they ran after all, whatever the card says now.
  await journey.backfill(`--only results ${DAY}`);
  assertEquals(await marked("ra_races"), 0);
  await journey.backfill(`--only racecards ${DAY}`);
  assertEquals(await marked("ra_races"), 0);
  faults.pop();
  await journey.backfill(`--only racecards ${DAY}`);
  assertEquals([await marked("ra_races"), await marked("ra_runners")], [0, 0]);
});
