// Any name and any string through generated SQL: PostgreSQL must read back the same. HINDCAST_FUZZ_CASES sets the
// number of cases.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Row } from "../../lib/extract/row_shape.ts";
import { CopyText } from "../../lib/upsert/sql/copy_text.ts";
import {
  MAX_IDENTIFIER_BYTES,
  quoteIdentifiers,
  quoteLiteral,
} from "../../lib/upsert/sql/identifier.ts";
import { PostgresSession } from "../../lib/upsert/postgres/session.ts";
import { parsePostgresUrl } from "../../lib/upsert/postgres/url.ts";
import { tableSql } from "../../lib/upsert/sql/table_sql.ts";
import { countsOf, planWrite } from "../../lib/upsert/write/write_plan.ts";
import type { PlannedCopy } from "../../lib/upsert/write/write_plan.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { shapeOf, tableOf } from "./shapes.ts";

const CASES = Number(Deno.env.get("HINDCAST_FUZZ_CASES") ?? 40);

/** Fragments with a meaning in SQL, COPY or JavaScript, among others. */
const piece = fc.oneof(
  fc.constantFrom('"', "'", "\\", "\\.", "\\N", ";", "--", "/*", "$1", "$$", "\t", "\n", "\r"),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "DROP TABLE x",
    "\u{1F600}",
    "\u00a0",
    "\u0001",
    "E'",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) =>
  pieces.join("").replaceAll("\0", "").toWellFormed()
);
const name = text.filter((text) => {
  const bytes = new TextEncoder().encode(text).length;
  return bytes > 0 && bytes <= MAX_IDENTIFIER_BYTES && text !== "updated_at";
});

async function open(): Promise<PostgresSession> {
  return new PostgresSession(parsePostgresUrl(await (await sharedPostgres()).createDatabase()));
}

Deno.test("tables, copies and merges accept any names and strings", async () => {
  await using session = await open();
  const cases = fc.record({
    table: name,
    columns: fc.uniqueArray(name, { minLength: 2, maxLength: 4 }),
    about: text,
    rows: fc.array(fc.tuple(text, fc.option(text)), { minLength: 1, maxLength: 5 }),
    strategy: fc.constantFrom("direct" as const, "guard" as const, "filter" as const),
    partitioned: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      cases,
      async ({ table: tableName, columns, about, rows, strategy, partitioned }) => {
        const table = tableOf(Object.fromEntries(columns.map((name) => [name, "text"])), { about });
        table.key = [columns[0]!];
        const keys = new Map(rows.map(([key, value]): [string, Row] => {
          return [key, columns.map((_, at) => at === 0 ? key : value)];
        }));
        const copy = {
          shape: shapeOf(tableName, table, columns),
          text: await new CopyText(keys.size).encode([...keys.values()]),
          followsSame: false,
          arrival: [],
        };
        const relation = { version: [], keepsUpdatedAt: true, partitioned };
        const planned: PlannedCopy[] = [{ copy, relation, strategy }, {
          copy,
          relation,
          strategy: "filter",
        }];
        const plan = planWrite(planned, { guards: [], keepsStages: true });
        const create = tableSql(tableName, table).map((sql) => ({ sql }));
        const select = `SELECT ${quoteIdentifiers(columns)} FROM ${quoteIdentifiers([tableName])}`;
        const answers = await session.transact(
          [...create, ...plan.steps, { sql: select }],
          "rollback",
        );
        const counts = countsOf(plan, planned, answers.slice(create.length));
        assertEquals(counts.map(({ inserted, unchanged }) => [inserted, unchanged]), [
          [keys.size, 0],
          [0, keys.size],
        ]);
        const found = answers.at(-1)!.rows;
        assertEquals(new Map(found.map((row) => [row[0], row])), keys as Map<string | null, Row>);
      },
    ),
    { numRuns: CASES },
  );
});

Deno.test("quoteLiteral() denotes the same string with and without standard_conforming_strings", async () => {
  await using session = await open();
  for (const setting of ["on", "off"]) {
    await session.transact([{ sql: `SET standard_conforming_strings = ${setting}` }]);
    await session.transact([{ sql: "SET escape_string_warning = off" }]);
    await fc.assert(
      fc.asyncProperty(text, async (text) => {
        const [answer] = await session.transact([{ sql: `SELECT ${quoteLiteral(text)}` }]);
        assertEquals(answer!.rows, [[text]]);
      }),
      { numRuns: CASES },
    );
  }
});
