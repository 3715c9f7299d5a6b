// Prints how fast rows are written, as a share of what psql does with the same rows: \copy into a
// temporary table and one INSERT ... ON CONFLICT DO UPDATE ... WHERE distinct, batch for batch. Fresh
// rows, a re-run that changes nothing, a re-run that changes a tenth; and the embedded database.
//
//     deno run -A tests/bench/write_bench.ts [--rows 20000] [--batch 5000] [--runs 7] [--ways] [--link MS] [--no-pglite] [--url URL]
//
// --ways adds what postgres.js reaches with parameters, --link the same over a link of that round trip.
// --url takes a server of your own, in which the table "wide" is made and dropped, instead of a new one.
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import type { Row } from "../../lib/extract/row_shape.ts";
import { copyLine } from "../../lib/upsert/sql/copy_text.ts";
import { stageName, stageSql } from "../../lib/upsert/sql/merge_sql.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { tableSql } from "../../lib/upsert/sql/table_sql.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { startSlowLink } from "./slow_link.ts";
import { columns, wideRows, wideShape, wideTable } from "./wide_rows.ts";
import type { LedgerEntry } from "../../lib/upsert/sql/ledger_sql.ts";

/** PostgreSQL's own defaults; the test server's are faster than any real one. */
const DEFAULTS = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  shared_buffers: "128MB",
  jit: "on",
};

const flags = parseArgs(Deno.args, {
  string: ["rows", "batch", "runs", "link", "url"],
  boolean: ["ways", "pglite"],
  negatable: ["pglite"],
  default: { rows: "20000", batch: "5000", runs: "7", link: "0", pglite: true },
});
const [rowCount, batchRows, runs, linkMs] = [flags.rows, flags.batch, flags.runs, flags.link]
  .map(Number) as [number, number, number, number];

const loads = { fresh: wideRows(rowCount), changed: wideRows(rowCount, 1) };
const folder = await Deno.makeTempDir({ prefix: "hindcast-bench-" });
await Deno.chmod(folder, 0o755);
const measured = new Map<string, { seconds: number[]; walBytes: number[] }>();

try {
  await benchPostgres();
  if (flags.pglite) await benchPglite();
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function benchPostgres(): Promise<void> {
  await using server = flags.url === undefined ? await startPostgres(DEFAULTS) : undefined;
  const url = flags.url ?? server!.url;
  const sql = postgres(url, { onnotice: () => {} });
  const hasPsql = await writeScripts();
  for (let run = 0; run < runs; run++) {
    if (hasPsql) {
      await renewTable(sql);
      for (const [name, script] of [["fresh", "a"], ["same", "a"], ["tenth", "b"]] as const) {
        await measure(`psql ${name}`, sql, () => runPsql(url, script));
      }
    }
    await renewTable(sql);
    for (const [name, rows] of scenarios()) {
      await using target = await openTarget(url);
      await target.prepare({ wide: wideTable });
      await measure(`hindcast ${name}`, sql, () => writeAll(target, rows));
    }
    if (flags.ways) await benchParameters(sql, url, "");
    if (linkMs > 0) await benchLink(sql, url);
  }
  await sql.end();
  for (const name of measured.keys()) report(name, referenceOf(name, hasPsql));
}

/** What a figure is a share of: psql with the same rows, or unnest where the link is slow. */
function referenceOf(name: string, hasPsql: boolean): string {
  if (name.endsWith("over the link")) return "unnest fresh over the link";
  return hasPsql ? `psql ${name.split(" ")[1]}` : name;
}

async function benchLink(sql: postgres.Sql, url: string): Promise<void> {
  const slow = new URL(url);
  using link = await startSlowLink(Number(slow.port), linkMs);
  slow.port = String(link.port);
  await renewTable(sql);
  {
    await using target = await openTarget(slow.href);
    await target.prepare({ wide: wideTable });
    await measure("hindcast fresh over the link", sql, () => writeAll(target, loads.fresh));
  }
  await benchParameters(sql, slow.href, " over the link");
}

function scenarios(): [string, Row[]][] {
  return [["fresh", loads.fresh], ["same", loads.fresh], ["tenth", loads.changed]];
}

async function benchPglite(): Promise<void> {
  for (let run = 0; run < Math.min(runs, 3); run++) {
    const path = `${folder}/pglite-${run}`;
    for (const [name, rows] of scenarios()) {
      await using target = await openTarget(`pglite:${path}`);
      await target.prepare({ wide: wideTable });
      await measure(`pglite ${name}`, undefined, () => writeAll(target, rows));
    }
  }
  for (const name of ["fresh", "same", "tenth"]) report(`pglite ${name}`, `psql ${name}`);
}

/** Batch by batch, each made ready while the one before is written, as a run does. */
async function writeAll(target: Target, rows: Row[]): Promise<void> {
  let before: Promise<unknown> = Promise.resolve();
  for (let at = 0; at < rows.length; at += batchRows) {
    const batch = rows.slice(at, at + batchRows);
    const entry = ledgerEntry(at, batch.length);
    const writing = target.write([{ shape: wideShape, rows: batch }], [entry]);
    await before;
    before = writing;
  }
  await before;
}

function ledgerEntry(at: number, rows: number): LedgerEntry {
  const [from, fetchedAt] = [`window ${at}`, "2024-01-01T00:00:00Z"];
  const names = { job: "bench", stream: "bench", scope: "", each: "" };
  return {
    ...names,
    from,
    to: "",
    records: rows,
    rows,
    rejected: 0,
    pages: 1,
    responseMs: 10,
    settled: true,
    fetchedAt,
  };
}

/** Fresh rows as parameters of one statement a batch, through postgres.js. */
async function benchParameters(sql: postgres.Sql, url: string, suffix: string): Promise<void> {
  const own = postgres(url, { onnotice: () => {}, max: 1 });
  const list = columns.map(([name]) => `"${name}"`).join(", ");
  const types = columns.map(([, type]) => type);
  const arrays = types.map((type, at) => `$${at + 1}::text::${type}[]`).join(", ");
  const unnest =
    `INSERT INTO wide AS o (${list}) SELECT * FROM unnest(${arrays}) ${conflictClause()}`;
  const json = `INSERT INTO wide AS o (${list}) SELECT ${list} ` +
    `FROM json_populate_recordset(null::wide, $1::text::json) ${conflictClause()}`;
  const ways: [string, string, (rows: Row[]) => string[]][] = [
    ["unnest", unnest, (rows) => types.map((_, column) => arrayText(rows, column))],
    ["json", json, (rows) => [JSON.stringify(rows.map(jsonRecord))]],
  ];
  for (const [name, text, parameters] of ways) {
    await renewTable(sql);
    await measure(`${name} fresh${suffix}`, sql, async () => {
      for (let at = 0; at < rowCount; at += batchRows) {
        await own.unsafe(text, parameters(loads.fresh.slice(at, at + batchRows)));
      }
    });
  }
  await own.end();
}

function jsonRecord(row: Row): Record<string, unknown> {
  return Object.fromEntries(columns.map(([name, type], at) => {
    const value = row[at] ?? null;
    return [name, type === "jsonb" && value !== null ? JSON.parse(value) : value];
  }));
}

function arrayText(rows: Row[], column: number): string {
  const quoted = rows.map((row) => {
    const value = row[column] ?? null;
    return value === null ? "NULL" : `"${value.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${quoted.join(",")}}`;
}

async function renewTable(sql: postgres.Sql): Promise<void> {
  await sql.unsafe("DROP TABLE IF EXISTS wide");
  await sql.unsafe(tableSql("wide", wideTable)[0]!);
  await sql.unsafe("CHECKPOINT");
}

async function measure(
  name: string,
  sql: postgres.Sql | undefined,
  run: () => Promise<number | void>,
): Promise<void> {
  const walBefore = await walPosition(sql);
  const startedAt = performance.now();
  const seconds = await run() ?? (performance.now() - startedAt) / 1000;
  const entry = measured.get(name) ?? { seconds: [], walBytes: [] };
  entry.seconds.push(seconds);
  entry.walBytes.push(await walPosition(sql) - walBefore);
  measured.set(name, entry);
}

async function walPosition(sql: postgres.Sql | undefined): Promise<number> {
  if (sql === undefined) return 0;
  const [row] = await sql`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS at`;
  return row!.at;
}

/** The batches as files and what psql does with them; false where there is no psql. */
async function writeScripts(): Promise<boolean> {
  for (const [name, rows] of [["a", loads.fresh], ["b", loads.changed]] as const) {
    let script = `\\set QUIET on\n\\pset tuples_only on\n${
      stageSql(wideShape)
    };\nSELECT extract(epoch FROM clock_timestamp());\n`;
    for (let at = 0; at < rows.length; at += batchRows) {
      const file = `${folder}/${name}-${at}.txt`;
      await Deno.writeTextFile(file, rows.slice(at, at + batchRows).map(copyLine).join(""));
      script += `BEGIN;\n\\copy ${
        stageName(wideShape)
      } FROM '${file}'\n${referenceSql()};\nCOMMIT;\n`;
    }
    await Deno.writeTextFile(
      `${folder}/${name}.sql`,
      script + "SELECT extract(epoch FROM clock_timestamp());\n",
    );
  }
  try {
    return (await new Deno.Command("psql", { args: ["--version"], stdout: "null" }).output())
      .success;
  } catch {
    console.log("psql is not on PATH: no reference, absolute figures only");
    return false;
  }
}

async function runPsql(url: string, script: string): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command("psql", {
    args: ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", `${folder}/${script}.sql`, url],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  const times = decoder.decode(stdout).trim().split(/\s+/).map(Number);
  return times.at(-1)! - times[0]!;
}

function referenceSql(): string {
  const list = columns.map(([name]) => `"${name}"`).join(", ");
  return `INSERT INTO wide AS o (${list}) SELECT ${list} FROM ${
    stageName(wideShape)
  } ${conflictClause()}`;
}

function conflictClause(): string {
  const values = columns.slice(2).map(([name]) => `"${name}"`);
  const sets = values.map((name) => `${name} = excluded.${name}`).join(", ");
  const [old, fresh] = ["o", "excluded"].map((of) =>
    values.map((name) => `${of}.${name}`).join(", ")
  );
  return `ON CONFLICT ("race_id", "horse_id") DO UPDATE SET ${sets}, "updated_at" = now() ` +
    `WHERE (${old}) IS DISTINCT FROM (${fresh})`;
}

function report(name: string, reference: string): void {
  const entry = measured.get(name);
  if (entry === undefined) return;
  const seconds = median(entry.seconds);
  const base = measured.get(reference);
  const ratios = base?.seconds.map((value, at) => value / (entry.seconds[at] ?? seconds)) ?? [];
  const best = Math.min(...base?.seconds ?? []) / Math.min(...entry.seconds);
  const ratio = base === undefined
    ? ""
    : `${median(ratios).toFixed(2)} of ${reference} (best against best ${best.toFixed(2)})`;
  const wal = `${(median(entry.walBytes) / rowCount).toFixed(1)} B WAL/row`;
  console.log(
    name.padEnd(26),
    `${Math.round(rowCount / seconds).toLocaleString("en")} rows/s`.padStart(16),
    wal.padStart(18),
    " ",
    ratio,
  );
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
