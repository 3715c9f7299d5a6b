// What a run that nobody joins sends to the database in addition to its rows: it claims nothing, and reads limits
// only as often as a quota requires.
import { assert, assertEquals } from "@std/assert";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openMemoryKv } from "../../lib/checkpoint/open_kv.ts";
import { type Performance, performRun } from "../../lib/cli/perform_run.ts";
import { readJob } from "../../lib/config/read_job.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { serve } from "../support/http_server.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { OPTIONS } from "./shared_run.ts";

/** A quota is reserved in blocks of this size. */
const BLOCK = 5;

/** Runs a job of so many windows alone; resolves to the statements that it sent beside its rows. */
async function statementsOf(
  limits: string,
  windows: number,
  more: Partial<Performance> = {},
): Promise<string[]> {
  await using server = serve((request) =>
    Response.json([{ id: new URL(request.url).searchParams.get("day") }])
  );
  const text = `job: alone
source: { url: "${server.url}", concurrency: 4${limits} }
tables: { days: { key: id, columns: { id: text } } }
streams: { days: { request: { path: /days, query: { day: "{from}" } }, window: day, rows: days } }
`;
  const job = await readJob("job.yaml", { readText: () => text, env: () => undefined });
  await using target = await openTarget(await (await sharedPostgres()).createDatabase());
  const run = "run";
  await using _lock = await target.lock(job.job, { run, host: "test", pid: 1 });
  const sent: string[] = [];
  const [transact, query] = [target.transact.bind(target), target.query.bind(target)];
  target.transact = (statements) => {
    // A slow machine sends more signs of life.
    if (!statements[0]!.startsWith("UPDATE hindcast_workers SET seen_at")) {
      sent.push(statements.join(";\n"));
    }
    return transact(statements);
  };
  target.query = (sql, options) => {
    sent.push(sql);
    return query(sql, options);
  };
  using kv = await openMemoryKv();
  const { summary, error } = await performRun({
    ...{ job, run, target, resume: false, logsFolder: undefined, show: () => {} },
    ...{ signal: new AbortController().signal, env: () => undefined },
    options: { ...OPTIONS, end: new Date(Date.UTC(2024, 0, windows)).toISOString().slice(0, 10) },
    checkpoint: new Checkpoint(kv, target.id, job.job),
    worker: { worker: crypto.randomUUID(), name: "w1", host: "test", pid: 1 },
    ...more,
  });
  assertEquals([error, summary.windows.done], [undefined, windows]);
  return sent;
}

const naming = (statements: readonly string[], text: string) =>
  statements.filter((sql) => sql.includes(text)).length;

Deno.test("a single worker starts and leaves with one message each, and sends none per window", async () => {
  const [few, many] = [await statementsOf("", 9), await statementsOf("", 121)];
  assertEquals(naming(many, "INSERT INTO hindcast_claims"), 0);
  assertEquals(naming(many, "hindcast_workers"), 2);
  assertEquals(naming(many, "txid_current_snapshot"), 2, "the logs are read before and after");
  assertEquals(naming(many, "UPDATE hindcast_limits"), 0);
  assertEquals(many.length, few.length);
});

Deno.test("a phase of an update that nobody joins sends what a single worker does", async () => {
  const update = { cuts: 0, sinceMs: null, windDownAtMs: Infinity, overAtMs: Infinity };
  const sent = await statementsOf("", 9, { kind: "cron", resume: true, update });
  assertEquals(naming(sent, "hindcast_claims ("), 0);
  assertEquals(naming(sent, "INSERT INTO hindcast_workers"), 1);
  assertEquals(sent.length, (await statementsOf("", 9, { resume: true })).length);
});

Deno.test("a quota is reserved in blocks, and what is left of the last one is given back", async () => {
  const quota = `, limits: [{ limit: 500/d, resets: "00:00", time_zone: UTC }]`;
  const asked = naming(await statementsOf(quota, 121), "UPDATE hindcast_limits");
  const blocks = Math.ceil(121 / BLOCK);
  assert(asked >= blocks && asked <= blocks + 3, `${asked} statements`);
});
