// Jobs that share tables: whatever the order of their rows, they wait for each other and never deadlock.
import { assertEquals } from "@std/assert";
import type { Table } from "../../lib/config/schema/job_schema.ts";
import type { RowSet } from "../../lib/extract/row_shape.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { shapeOf, tableOf } from "./shapes.ts";

const TABLES = 11;
const JOBS = 4;
const BATCHES = 12;
const ROWS = 150;
const KEYS = 400;

const SEED = Number(Deno.env.get("HINDCAST_SEED") ?? Math.trunc(Math.random() * 2 ** 31));

/** Numbers in `[0, 1)` that a seed determines (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const names = Array.from({ length: TABLES }, (_, at) => `shared_${at}`);
const table = () => tableOf({ id: "integer", name: "text", note: ["text", "fill"] });

/** The tables in an order of the job's own. */
function tablesOf(job: number): Record<string, Table> {
  const turned = [...names.slice(job * 3 % TABLES), ...names.slice(0, job * 3 % TABLES)];
  return Object.fromEntries(turned.map((name) => [name, table()]));
}

/** Rows of every table in random order, of two shapes for some of them. */
function batch(job: number, number: number, next: () => number, shapes: number): RowSet[] {
  return names.flatMap((name, at) => {
    const rows = (columns: string[]) => ({
      shape: shapeOf(name, table(), columns),
      rows: Array.from({ length: ROWS }, () => {
        const id = String(Math.trunc(next() * KEYS));
        return columns.map((column) => column === "id" ? id : `${job} ${number}`);
      }),
    });
    return shapes > 1 && at % 3 === 0
      ? [rows(["id", "name"]), rows(["note", "id"])]
      : [rows(["id", "name"])];
  });
}

for (const shapes of [1, 2]) {
  Deno.test(`write() of four jobs on the same eleven tables with rows of ${shapes} shapes meets no deadlock (HINDCAST_SEED=${SEED})`, async () => {
    const url = await (await sharedPostgres()).createDatabase();
    await Promise.all(Array.from({ length: JOBS }, async (_, job) => {
      await using target = await openTarget(url);
      await target.prepare(tablesOf(job));
      const next = random(SEED + job);
      for (let number = 0; number < BATCHES; number++) {
        await target.write(batch(job, number, next, shapes), []);
      }
    }));
    await using target = await openTarget(url);
    const counts = await target.countRows(names);
    assertEquals(Object.values(counts).every((count) => count > KEYS / 2 && count <= KEYS), true);
    const { rows } = await target.query(
      "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
      { readOnly: true },
    );
    assertEquals(rows, [[0]]);
  });
}
