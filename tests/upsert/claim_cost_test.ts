// What a claim reads: what was committed since its mark and the claims of the stream, each once, however long the
// ledger is and whatever PostgreSQL knows of the tables.
import { assert, assertEquals } from "@std/assert";
import { ClaimTable, type WantedWindow } from "../../lib/upsert/claim_table.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { LEDGER_TABLE } from "../../lib/upsert/sql/log_tables.ts";
import { CLAIMS_TABLE } from "../../lib/upsert/sql/worker_tables.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";

/** Windows in the ledger, windows of other workers, and windows that one claim requests. */
const [DONE, CLAIMED, WANTED] = [5_000, 300, 200];

/** A step of a plan, as `EXPLAIN (ANALYZE, FORMAT JSON)` prints it. */
interface Step {
  readonly "Node Type": string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Join Filter"?: number;
  readonly Plans?: readonly Step[];
}

function steps(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(steps)];
}

/** Rows that a step looked at. */
function rowsOf(step: Step): number {
  const removed = (step["Rows Removed by Filter"] ?? 0) +
    (step["Rows Removed by Join Filter"] ?? 0);
  return (step["Actual Rows"] + removed) * step["Actual Loops"];
}

function wanted(name: string, count: number): WantedWindow[] {
  return Array.from({ length: count }, (_, at) => ({
    ...{ each: `code=${name}${at}`, window: null, token: crypto.randomUUID() },
  }));
}

/** The same statements, with the one that claims explained. */
function explaining(target: Target, plans: Step[]): Pick<Target, "transact"> {
  const transact = async (statements: readonly string[]) => {
    const isClaim = (sql: string) => sql.startsWith(`INSERT INTO ${CLAIMS_TABLE}`);
    const results = await target.transact(
      statements.map((sql) => isClaim(sql) ? `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}` : sql),
    );
    const [text] = results[statements.findIndex(isClaim)]![0]!;
    plans.push(JSON.parse(text!)[0].Plan);
    return results;
  };
  return { transact };
}

Deno.test("a claim reads the end of the ledger, not all of it, before the tables were ever analyzed", async () => {
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  await target.prepare({});
  for (const table of [LEDGER_TABLE, CLAIMS_TABLE]) {
    await target.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  }
  const fill = (count: number, name: string) =>
    target.query(`INSERT INTO ${LEDGER_TABLE} (job, stream, scope, each, "from", "to", settled)
SELECT 'grid', 'things', '', 'code=${name}' || n, '', '', true FROM generate_series(1, ${count}) AS n`);
  await fill(DONE, "old");
  const request = { stream: "things", scope: "", limit: CLAIMED };
  const other = new ClaimTable(target, "grid", crypto.randomUUID());
  const { logs } = await other.claim({ ...request, wanted: wanted("c", CLAIMED) }, undefined);
  await fill(10, "new");

  const plans: Step[] = [];
  const table = new ClaimTable(explaining(target, plans), "grid", crypto.randomUUID());
  const mixed = [...wanted("c", 5), ...wanted("new", 11), ...wanted("free", WANTED)];
  const { granted } = await table.claim({ ...request, wanted: mixed }, logs.mark);
  // The windows of the other worker, and ten of the eleven that were committed since, are not free.
  const free = mixed.filter(({ each }) => /free|new0$/.test(each)).map(({ token }) => token);
  assertEquals([...granted].sort(), free.sort());
  const all = steps(plans[0]!);
  assert(all.some((step) => step["Node Type"].includes("Scan")), JSON.stringify(plans));
  const most = Math.max(...all.map(rowsOf));
  assert(most <= CLAIMED + mixed.length, `${most} rows: ${JSON.stringify(plans)}`);
});
