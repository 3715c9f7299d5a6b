// What claiming costs and grants: one message that also returns what the others have done, and no window that another
// worker holds or that was committed meanwhile; claims of dead workers are released.
import { assertEquals } from "@std/assert";
import { formatCivil } from "../../lib/plan/time/civil.ts";
import { ClaimTable, type Others } from "../../lib/upsert/claim_table.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { LEDGER_TABLE } from "../../lib/upsert/sql/log_tables.ts";
import { LOCKS_TABLE } from "../../lib/upsert/sql/system_tables.ts";
import { endLeases, readSilence } from "../../lib/upsert/silent_locks.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { openSql } from "../faults/sql.ts";
import { days } from "../plan/jobs.ts";
import { sharedPostgres } from "../support/postgres_server.ts";

const JOB = "o'clock $1 $2";
const DAYS = ["01", "02", "03", "04", "05", "06"].map((day) => `2024-01-${day}`);

/** A worker whose messages are counted. */
async function openWorker(url: string) {
  const target: Target = await openTarget(url);
  await target.prepare({});
  const worker = crypto.randomUUID();
  const messages: number[] = [];
  const counted: Pick<Target, "transact"> = {
    transact: (statements) => {
      messages.push(statements.length);
      return target.transact(statements);
    },
  };
  const table = new ClaimTable(counted, JOB, worker);
  const tokens = new Map<string, string>();
  return {
    ...{ target, worker, messages, table },
    lock: () => target.lock(`worker ${worker}`, { run: "r", host: "h", pid: 1 }),
    /** Claims days; returns those that were granted, and what the other workers have done. */
    async claim(wanted: readonly string[], limit: number, mark?: string, atLeast?: number) {
      const request = wanted.map((day, at) => {
        const token = crypto.randomUUID();
        tokens.set(token, day);
        return {
          each: "",
          window: days(day, DAYS[DAYS.indexOf(day) + 1] ?? "2024-01-07"),
          token,
          at,
        };
      });
      const { granted, ...others } = await table.claim(
        { stream: "things", scope: "", limit, atLeast, wanted: request },
        mark,
      );
      return { granted: [...granted].map((token) => tokens.get(token)).sort(), ...shown(others) };
    },
    [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
  };
}

function shown({ claims, logs }: Others) {
  const dates = claims.map(({ window }) => formatCivil(window!.from)).sort();
  const done = logs.tracks.flatMap(({ windows }) =>
    windows.map(({ window }) => formatCivil(window!.from))
  );
  return { claimed: dates, done, mark: logs.mark };
}

Deno.test("a claim is one message: it takes free windows that were not committed since, and returns what others did", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using one = await openWorker(url);
  await using other = await openWorker(url);
  await using _ones = await one.lock();
  await using _others = await other.lock();
  const first = await one.claim(DAYS.slice(0, 3), 2);
  assertEquals([first.granted, first.claimed], [DAYS.slice(0, 2), []]);

  const { mark } = await other.claim([], 0);
  await one.target.write([], [{
    ...{ job: JOB, stream: "things", scope: "", each: "", from: DAYS[2]!, to: DAYS[3]! },
    ...{ records: 1, rows: 1, rejected: 0, pages: 1, responseMs: 1, settled: true },
    fetchedAt: "2025-01-01T00:00:00Z",
  }]);
  const second = await other.claim(DAYS, 2, mark);
  assertEquals(second.granted, DAYS.slice(3, 5));
  assertEquals([second.claimed, second.done], [DAYS.slice(0, 2), [DAYS[2]]]);

  const looked = shown(await one.table.others(["things", "more"], first.mark));
  assertEquals([looked.claimed, looked.done], [DAYS.slice(3, 5), [DAYS[2]]]);
  assertEquals([one.messages.length, other.messages.length], [2, 2]);
  assertEquals(one.messages, [4, 2]);
});

Deno.test("a worker is granted half of its share of the last free windows, or as many as it needs", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using one = await openWorker(url);
  await using other = await openWorker(url);
  await using _ones = await one.lock();
  await using _others = await other.lock();
  // A single worker is granted half of six; then its share of three is one and a half, and half of that is rounded
  // down.
  assertEquals((await one.claim(DAYS, 6, undefined, 1)).granted, DAYS.slice(0, 3));
  assertEquals((await other.claim(DAYS, 6, undefined, 1)).granted, DAYS.slice(3, 4));
  // What it has is returned too.
  const all = (await one.claim(DAYS, 6, undefined, 2)).granted;
  assertEquals(all, [...DAYS.slice(0, 3), ...DAYS.slice(4, 6)]);
});

Deno.test("claims of a worker whose lease has ended are found and deleted, those of the others are kept", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using one = await openWorker(url);
  await using other = await openWorker(url);
  await using _ones = await one.lock();
  await using _others = await other.lock();
  await one.claim(DAYS.slice(0, 1), 1);
  await other.claim(DAYS.slice(1, 2), 1);
  const hasExpired = async () => (await readSilence(one.target, JOB)).hasExpiredClaims;
  assertEquals(await hasExpired(), false);
  await using sql = openSql(url);
  await sql.run(
    `UPDATE ${LOCKS_TABLE} SET lease_until = now() WHERE job = 'worker ${other.worker}'`,
  );
  assertEquals(await hasExpired(), true);
  await endLeases(one.target, JOB, []);
  assertEquals(await hasExpired(), false);
  const free = await one.claim(DAYS.slice(0, 2), 2);
  assertEquals([free.granted, free.claimed], [DAYS.slice(0, 2), []]);
  assertEquals(await sql.run(`SELECT count(*)::int AS count FROM ${LEDGER_TABLE}`), [{ count: 0 }]);
});
