// Prints how fast whole runs are where the API has no limit, as a share of what psql does with the
// same rows: \copy into temporary tables and one INSERT ... ON CONFLICT DO UPDATE ... WHERE distinct for
// each, transaction by transaction as the run made them. HTTP, JSON, extraction, upsert and checkpoint of
// the racing job are in the run; nothing of them is in what psql does. Also the re-run that changes
// nothing, with the WAL it writes, and how late the event loop was.
//
// PGlite takes the same strategy: its share is that of writing the same batches to it and nothing else.
//
//     deno run -A --v8-flags=--max-semi-space-size=4,--max-old-space-size=1024 \
//       tests/bench/pipeline_bench.ts [--days 60] [--runs 3]
import { parseArgs } from "@std/cli/parse-args";
import type { RowSet, RowShape } from "../../lib/extract/row_shape.ts";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import { HEADER_BYTES } from "../../lib/upsert/sql/copy_text.ts";
import { quoteIdentifiers } from "../../lib/upsert/sql/identifier.ts";
import type { CopyBatch } from "../../lib/upsert/write/copy_batch.ts";
import { copyBatchesOf } from "../../lib/upsert/write/copy_batch.ts";
import { stageName, stageSql } from "../../lib/upsert/sql/merge_sql.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { racingJob } from "../journeys/setup.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { startPageServer } from "./page_server.ts";
import { median, quantile, racingRun } from "./racing_run.ts";

/** What is measured. */
export interface PipelineOptions {
  readonly days: number;
  readonly runs: number;
}

const FIRST = parseCivil("2024-03-01")!;
/** Making an embedded database takes seconds. */
const MOST_PGLITE_RUNS = 2;
/** PostgreSQL's own defaults; the test server's are faster than any real one. */
const DEFAULTS = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  shared_buffers: "128MB",
};

/** Runs the benchmark and prints its ratios. */
export async function pipelineBench({ days, runs }: PipelineOptions): Promise<void> {
  await using server = await startPostgres(DEFAULTS);
  await using pages = await startPageServer();
  using folder = tempDir();
  await Deno.chmod(folder.path, 0o755);
  const { tables } = await racingJob(pages);
  let kvs = 0;
  const run = (databaseUrl: string, wrap: (target: Target) => Target = (target) => target) =>
    racingRun({
      ...{ url: pages.url, databaseUrl, kvPath: folder.file(`kv-${++kvs}.db`), wrap },
      start: formatDay(FIRST),
      end: formatDay(FIRST + (days - 1) * MINUTES_PER_DAY),
    });

  const written: RowSet[][] = [];
  await run(await server.createDatabase(), (target) => recording(target, written));
  const writes: CopyBatch[][] = [];
  for (const sets of written) writes.push(await copyBatchesOf(sets, Object.keys(tables)));
  const rows = writes.flat().reduce((sum, { text }) => sum + text.rows, 0);
  const script = await writeScript(writes, folder.file("copy"));
  console.log(`${rows} rows in ${writes.length} transactions`);

  const [psql, fresh, again]: number[][] = [[], [], []];
  const [late, ownLate, wal]: number[][] = [[], [], []];
  for (let round = 0; round < runs; round++) {
    const reference = await server.createDatabase();
    await using target = await openTarget(reference);
    await target.prepare(tables);
    psql!.push(await runPsql(reference, script));
    const databaseUrl = await server.createDatabase();
    const first = await run(databaseUrl);
    const before = await walPosition(target);
    const second = await run(databaseUrl);
    wal!.push((await walPosition(target) - before) / rows);
    fresh!.push(first.seconds);
    again!.push(second.seconds);
    late!.push(quantile(first.lateMs, 0.99));
    ownLate!.push(quantile(first.ownLateMs, 0.99));
  }
  const ratio = (over: number[], under: number[]) =>
    median(over.map((value, at) => value / under[at]!)).toFixed(2);
  const rate = (seconds: number[]) =>
    `${Math.round(rows / median(seconds)).toLocaleString("en")} rows/s`.padStart(16);
  console.log("psql copy and merge   ", rate(psql!));
  console.log("whole strategy, fresh      ", rate(fresh!), ` ${ratio(psql!, fresh!)} of psql`);
  console.log(
    "whole strategy, unchanged  ",
    rate(again!),
    ` ${ratio(fresh!, again!)} of fresh, ${median(wal!).toFixed(1)} B WAL/row`,
  );
  console.log(
    `event loop late        ${median(late!).toFixed(1)} ms at p99, ${
      median(ownLate!).toFixed(1)
    } ms without the time that other programs had the cores`,
  );

  const [alone, whole]: number[][] = [[], []];
  for (let round = 0; round < Math.min(runs, MOST_PGLITE_RUNS); round++) {
    alone!.push(await writeAlone(`pglite:${folder.file(`alone-${round}`)}`, tables, written));
    whole!.push((await run(`pglite:${folder.file(`whole-${round}`)}`)).seconds);
  }
  console.log("PGlite, writing alone ", rate(alone!));
  console.log(
    "PGlite, whole strategy     ",
    rate(whole!),
    ` ${ratio(alone!, whole!)} of writing alone`,
  );
}

/** The seconds that writing these batches takes, one after the other. */
async function writeAlone(
  url: string,
  tables: Parameters<Target["prepare"]>[0],
  batches: readonly RowSet[][],
): Promise<number> {
  await using target = await openTarget(url);
  await target.prepare(tables);
  const startedAt = performance.now();
  for (const sets of batches) await target.write(sets, []);
  return (performance.now() - startedAt) / 1000;
}

/** A target that notes what is written to it. */
function recording(target: Target, written: RowSet[][]): Target {
  return new Proxy(target, {
    get(of, name) {
      if (name === "write") {
        return async (...[sets, ledger]: Parameters<Target["write"]>) => {
          written.push([...sets]);
          return await of.write(sets, ledger);
        };
      }
      const value = Reflect.get(of, name, of);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
}

/** The writes as files, and what psql does with them. */
async function writeScript(writes: readonly CopyBatch[][], path: string): Promise<string> {
  const shapes = new Set(writes.flat().map(({ shape }) => shape));
  const now = "SELECT extract(epoch FROM clock_timestamp());\n";
  let script = "\\set QUIET on\n\\pset tuples_only on\n";
  for (const shape of shapes) script += `${stageSql(shape)};\n`;
  script += now;
  for (const [number, copies] of writes.entries()) {
    script += "BEGIN;\n";
    for (const [index, { shape, text }] of copies.entries()) {
      const file = `${path}-${number}-${index}`;
      const parts = await Array.fromAsync(text.chunks(), (chunk) => chunk.subarray(HEADER_BYTES));
      await Deno.writeFile(file, await new Blob(parts).bytes());
      script += `TRUNCATE ${stageName(shape)};\n\\copy ${stageName(shape)} FROM '${file}'\n`;
      script += `${plainMerge(shape)};\n`;
    }
    script += "COMMIT;\n";
  }
  await Deno.writeTextFile(`${path}.sql`, script + now);
  return `${path}.sql`;
}

function plainMerge(shape: RowShape): string {
  const list = quoteIdentifiers(shape.columns);
  const key = quoteIdentifiers(shape.key.map((at) => shape.columns[at]!));
  const values = shape.columns.filter((_, at) => !shape.key.includes(at));
  const of = (alias: string) => values.map((name) => `${alias}.${quoteIdentifiers([name])}`);
  const sets = values.map((name) =>
    `${quoteIdentifiers([name])} = excluded.${quoteIdentifiers([name])}`
  );
  const change = values.length === 0
    ? "NOTHING"
    : `UPDATE SET ${sets.join(", ")}, updated_at = now() WHERE (${of("o").join(", ")}) ` +
      `IS DISTINCT FROM (${of("excluded").join(", ")})`;
  return `INSERT INTO ${quoteIdentifiers([shape.table])} AS o (${list}) SELECT ${list} ` +
    `FROM ${stageName(shape)} ON CONFLICT (${key}) DO ${change}`;
}

async function runPsql(url: string, script: string): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command("psql", {
    args: ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script, url],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  const times = decoder.decode(stdout).trim().split(/\s+/).map(Number);
  return times.at(-1)! - times[0]!;
}

async function walPosition(target: Target): Promise<number> {
  const sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8";
  return Number((await target.query(sql)).rows[0]![0]);
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["days", "runs"],
    default: { days: "60", runs: "3" },
  });
  await pipelineBench({ days: Number(flags.days), runs: Number(flags.runs) });
}
