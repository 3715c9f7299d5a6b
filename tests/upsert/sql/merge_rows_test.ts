import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import postgres from "postgres";
import type { Row, RowShape } from "../../../lib/extract/row_shape.ts";
import { copyBatchesOf } from "../../../lib/upsert/write/copy_batch.ts";
import { MergedRows } from "../../../lib/upsert/sql/merge_rows.ts";
import type { MergeStrategy } from "../../../lib/upsert/sql/merge_sql.ts";
import { PostgresSession } from "../../../lib/upsert/postgres/session.ts";
import { parsePostgresUrl } from "../../../lib/upsert/postgres/url.ts";
import type { Session } from "../../../lib/upsert/write/session.ts";
import { tableSql } from "../../../lib/upsert/sql/table_sql.ts";
import { countsOf, planWrite } from "../../../lib/upsert/write/write_plan.ts";
import type { PlannedCopy } from "../../../lib/upsert/write/write_plan.ts";
import { sharedPostgres } from "../../support/postgres_server.ts";
import { shapeOf, tableOf } from "../shapes.ts";

const table = tableOf({
  a: "text",
  b: "integer",
  seen: "integer",
  part: "text",
  replaced: "text",
  filled: ["integer", "fill"],
  kept: ["jsonb", "keep"],
  most: ["numeric", "greatest"],
  last: ["timestamptz", "greatest"],
  word: ["text", "greatest"],
  least: ["date", "least"],
  tree: ["jsonb", "greatest"],
  newest: ["text", "latest"],
  newer: ["integer", "latest"],
}, { key: ["a", "b"], version: ["seen", "part"] });

const texts = ["", "a", "B", "b", "\u{1F600}", "\uFFFD", "tab\t\\N", "10", "9"];
const pools: Record<string, string[]> = {
  a: ["x", "y"],
  b: ["1", "2", "-3"],
  seen: ["1", "2", "10"],
  part: ["a", "B"],
  replaced: texts,
  filled: ["1", "2"],
  kept: ["{}", '{"a": 1}'],
  most: ["-1", "0.5", "2", "10"],
  last: ["2024-01-01T00:00:00Z", "2024-01-01T00:30:00+01:00", "2024-06-01T12:00:00.5Z"],
  word: texts,
  least: ["2024-01-01", "2023-12-31"],
  tree: ["1", "[]", '{"b": 2}'],
  newest: texts,
  newer: ["1", "2"],
};

/** A row; columns that merge as `latest` have a value unless they may be null. */
function rowOf(columns: readonly string[], latestMayBeNull = false): fc.Arbitrary<Row> {
  const values = columns.map((name) => {
    const value = fc.constantFrom(...pools[name]!);
    const always = table.key.includes(name) || (name.startsWith("newe") && !latestMayBeNull);
    return always ? value : fc.option(value, { freq: 2 });
  });
  return fc.tuple(...values);
}

interface Variant {
  name: string;
  strategy: MergeStrategy;
  partitioned: boolean;
}

const variants: Variant[] = [
  { name: "guarded", strategy: "guard", partitioned: false },
  { name: "filtered", strategy: "filter", partitioned: false },
  { name: "counted", strategy: "filter", partitioned: true },
];

const single: Variant = { name: "single", strategy: "guard", partitioned: false };
const names = ["single", ...variants.map(({ name }) => name)];

/** Writes rows of a shape into the table with a given name, all at once or one by one. */
async function write(
  session: Session,
  shape: RowShape,
  rows: Row[],
  { name, strategy, partitioned }: Variant,
  oneByOne: boolean,
): Promise<number[]> {
  const named = { ...shape, table: name };
  const relation = { version: table.version!, keepsUpdatedAt: true, partitioned };
  const copies = oneByOne
    ? (await Promise.all(rows.map((row) => copyBatchesOf([{ shape: named, rows: [row] }], [name]))))
      .flat()
    : await copyBatchesOf([{ shape: named, rows }], [name]);
  const planned = copies.map((copy): PlannedCopy => ({ copy, relation, strategy }));
  const plan = planWrite(planned, { guards: [], keepsStages: true });
  const counts = countsOf(plan, planned, await session.transact(plan.steps));
  return [counts.reduce((sum, { inserted }) => sum + inserted, 0)];
}

async function contents(session: Session, name: string): Promise<unknown[][]> {
  const columns = Object.keys(table.columns).map((column) => `"${column}"`).join(", ");
  return (await session.query(`SELECT ${columns} FROM ${name} ORDER BY a, b`)).rows;
}

/** Rows without the version, or with some of the columns, merge with complete rows. */
const shapes = [
  shapeOf("t", table),
  shapeOf("t", table, Object.keys(table.columns).filter((name) => name !== "replaced")),
  shapeOf("t", table, ["b", "a", "newest", "filled", "word"]),
];

/** Asserts that in every variant batches produce the same rows as writing them one by one. */
async function assertSame(
  session: Session,
  batches: readonly { shape: RowShape; rows: Row[] }[],
): Promise<void> {
  await session.transact(names.map((name) => ({ sql: `DELETE FROM ${name}` })));
  for (const { shape, rows } of batches) {
    const inserted = await write(session, shape, rows, single, true);
    for (const variant of variants) {
      assertEquals(await write(session, shape, rows, variant, false), inserted);
    }
  }
  const expected = await contents(session, "single");
  for (const { name } of variants) assertEquals(await contents(session, name), expected);
}

/** A database whose text sorts as in a dictionary: a, b, B. */
async function createIcuDatabase(): Promise<string> {
  const { url } = await sharedPostgres();
  const name = `icu_${crypto.randomUUID().slice(0, 8)}`;
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(
    `CREATE DATABASE ${name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`,
  );
  await sql.end();
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

const databases = {
  "C": async () => await (await sharedPostgres()).createDatabase(),
  "ICU": createIcuDatabase,
};

for (const [collation, createDatabase] of Object.entries(databases)) {
  Deno.test(`MergedRows and one statement produce the same rows as PostgreSQL row by row (${collation})`, async () => {
    const url = await createDatabase();
    await using session = new PostgresSession(parsePostgresUrl(url));
    await session.transact(names.map((name) => ({ sql: tableSql(name, table)[0]! })));
    const anyRows = fc.constantFrom(...shapes).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        rows: fc.array(rowOf(shape.columns), { minLength: 1, maxLength: 12 }),
      })
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRows, { minLength: 1, maxLength: 3 }),
        (batches) => assertSame(session, batches),
      ),
      { numRuns: 15 },
    );
    const whole = shapes[0]!;
    await fc.assert(
      fc.asyncProperty(
        fc.array(rowOf(whole.columns, true), { minLength: 2, maxLength: 2 }),
        (rows) => assertSame(session, [{ shape: whole, rows }]),
      ),
      { numRuns: 15 },
    );
  });

  Deno.test(`mergeSql() orders text by code points (${collation})`, async () => {
    await using session = new PostgresSession(parsePostgresUrl(await createDatabase()));
    const columns = {
      id: "text",
      seen: "text",
      word: ["text", "greatest"],
      low: ["text", "least"],
      last: ["text", "latest"],
    } as const;
    const words = tableOf(columns, { version: ["seen"] });
    await session.transact([{ sql: tableSql("words", words)[0]! }]);
    const shape = shapeOf("words", words);
    for (
      const row of [["k", "a", "b", "b", "first"], ["k", "B", "B", "B", "second"], [
        "l",
        "B",
        "B",
        "B",
        "first",
      ], ["l", "a", "b", "b", "second"]]
    ) {
      for (const strategy of ["guard", "filter"] as const) {
        const copies = await copyBatchesOf([{ shape, rows: [row] }], ["words"]);
        const relation = { version: words.version!, keepsUpdatedAt: true, partitioned: false };
        const planned = copies.map((copy): PlannedCopy => ({ copy, relation, strategy }));
        await session.transact(planWrite(planned, { guards: [], keepsStages: true }).steps);
      }
    }
    const { rows } = await session.query("SELECT id, seen, word, low, last FROM words ORDER BY id");
    assertEquals(rows, [["k", "a", "b", "B", "first"], ["l", "a", "b", "B", "second"]]);
  });
}

Deno.test("MergedRows treats a row without the version as the oldest", () => {
  const table = tableOf({ id: "text", seen: "integer", name: ["text", "latest"] }, {
    version: ["seen"],
  });
  const shape = shapeOf("t", table);
  const merged = new MergedRows(shape);
  merged.add(["k", "1", "new"]);
  merged.add(["k", null, "old"]);
  assertEquals(merged.rounds, [[["k", "1", "new"]]]);
});

Deno.test("mergeSql() treats a row of a shape without the version as the oldest", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using session = new PostgresSession(parsePostgresUrl(url));
  const things = tableOf({ id: "text", seen: "integer", name: ["text", "latest"] }, {
    version: ["seen"],
  });
  await session.transact([{ sql: tableSql("things", things)[0]! }]);
  const steps = async (columns: string[], row: Row) => {
    const shape = shapeOf("things", things, columns);
    const copies = await copyBatchesOf([{ shape, rows: [row] }], ["things"]);
    const relation = { version: ["seen"], keepsUpdatedAt: true, partitioned: false };
    const planned = copies.map((copy): PlannedCopy => ({ copy, relation, strategy: "guard" }));
    return planWrite(planned, { guards: [], keepsStages: true }).steps;
  };
  await session.transact(await steps(["id", "name"], ["k", "early"]));
  await session.transact(await steps(["id", "name"], ["k", "corrected"]));
  await session.transact(await steps(["id", "seen", "name"], ["k", "1", "seen"]));
  await session.transact(await steps(["id", "name"], ["k", "late"]));
  const { rows } = await session.query("SELECT name, seen FROM things");
  assertEquals(rows, [["seen", 1]]);
});

Deno.test("MergedRows defers versions that only the database can order to another round", () => {
  const versioned = (type: "jsonb" | "numeric") =>
    shapeOf(
      "t",
      tableOf({ id: "text", seen: type, name: ["text", "latest"] }, { version: ["seen"] }),
    );
  const unknown = new MergedRows(versioned("jsonb"));
  for (const row of [["k", "[1]", "a"], ["k", "[2]", "b"]]) unknown.add(row);
  assertEquals(unknown.rounds.map(({ length }) => length), [1, 1]);
  const equal = new MergedRows(versioned("numeric"));
  for (const row of [["k", "1.0", "a"], ["k", "1.00", "b"], ["k", "1", null]]) equal.add(row);
  assertEquals(equal.rounds, [[["k", "1", "b"]]]);
});

Deno.test("MergedRows sorts rows by key, and keeps the order of arrival within a key", () => {
  const shape = shapeOf("t", tableOf({ id: "integer", name: "text" }));
  const merged = new MergedRows(shape);
  for (const row of [["3", "a"], ["1", "b"], ["2", "c"], ["1", "d"]]) merged.add(row);
  assertEquals(merged.inKeyOrder(), [
    { rows: [["1", "d"], ["2", "c"], ["3", "a"]], arrival: [1, 2, 0] },
  ]);
});

Deno.test("MergedRows needs one round when every value is known, whatever the number of rows", () => {
  const shape = shapeOf("t", tableOf({ id: "text", n: ["integer", "greatest"] }));
  const merged = new MergedRows(shape);
  for (let at = 0; at < 1000; at++) merged.add([`k${at % 10}`, String(at)]);
  assertEquals(merged.rounds.length, 1);
  assertEquals(merged.rounds[0]!.length, 10);
  assertEquals(merged.rounds[0]![3], ["k3", "993"]);
});

Deno.test("MergedRows treats keys as equal that PostgreSQL treats as equal", () => {
  const shape = shapeOf("t", tableOf({ at: "timestamptz", n: "bigint" }, { key: ["at", "n"] }));
  const merged = new MergedRows(shape);
  merged.add(["2024-01-01T00:00:00Z", "7"]);
  merged.add(["2024-01-01T01:00:00+01:00", "007"]);
  assertEquals(merged.rounds.map((round) => round.length), [1]);
});

Deno.test("MergedRows defers what only the database can order to another round", () => {
  const shape = shapeOf("t", tableOf({ id: "text", tree: ["jsonb", "greatest"] }));
  const merged = new MergedRows(shape);
  for (const tree of ["[1]", "[2]", "[2]"]) merged.add(["k", tree]);
  assertEquals(merged.rounds, [[["k", "[1]"]], [["k", "[2]"]]]);
});

Deno.test("MergedRows never keeps an older value where a newer one is null", () => {
  const table = tableOf({ id: "text", seen: "integer", name: ["text", "latest"] }, {
    version: ["seen"],
  });
  const merged = new MergedRows(shapeOf("t", table));
  for (const row of [["k", "1", "old"], ["k", "7", null], ["k", "8", null]]) merged.add(row);
  assertEquals(merged.rounds, [[["k", "1", "old"]], [["k", "8", null]]]);
});

Deno.test("MergedRows does not change the rows it is given", () => {
  const shape = shapeOf("t", tableOf({ id: "text", n: ["integer", "fill"] }));
  const rows: Row[] = [["a", "1"], ["a", null]];
  const merged = new MergedRows(shape);
  for (const row of rows) merged.add(row);
  assertEquals(rows, [["a", "1"], ["a", null]]);
  assert(merged.rounds[0]![0] !== rows[0]);
});

Deno.test("MergedRows leaves versions that it cannot compare to the database, and treats equal ones as equal", () => {
  const versioned = tableOf({ id: "text", seen: "numeric", note: ["text", "latest"] }, {
    key: ["id"],
    version: ["seen"],
  });
  const roundsOf = (...versions: string[]) => {
    const merged = new MergedRows(shapeOf("t", versioned));
    for (const [at, seen] of versions.entries()) merged.add(["a", seen, `note ${at}`]);
    return merged.rounds;
  };
  assertEquals(roundsOf("1.0", "1.00"), [[["a", "1.00", "note 1"]]]);
  assertEquals(roundsOf("2", "1.5"), [[["a", "2", "note 0"]]]);
  const long = ["1.00000000000000000001", "1.00000000000000000002"];
  assertEquals(roundsOf(...long), long.map((seen, at) => [["a", seen, `note ${at}`]]));
});

Deno.test("MergedRows merges and sorts the same way whether keys ascend or not", () => {
  const shape = shapeOf("t", tableOf({ a: "bigint", b: "text", n: "text" }, { key: ["a", "b"] }));
  const single = shapeOf("t", tableOf({ a: "bigint", n: "text" }));
  const digits = fc.constantFrom("0", "9", "10", "007", "-3", "99999999999999999", "12345678901");
  const keys = fc.array(fc.tuple(digits, fc.constantFrom("", "x")), { maxLength: 12 });
  fc.assert(fc.property(keys, fc.boolean(), (keys, isSorted) => {
    const rows: Row[] = keys.map(([a, b], at) => [a, b, String(at)]);
    if (isSorted) rows.sort(([a], [b]) => BigInt(a!) < BigInt(b!) ? -1 : 1);
    const composite = mergedRows(shape, rows);
    const latest = new Map(rows.map((row) => [`${BigInt(row[0]!)} ${row[1]}`, row]));
    assertEquals(
      new Set(composite.map(([, , n]) => n)),
      new Set([...latest.values()].map(([, , n]) => n)),
    );
    assertEquals(composite, mergedRows(shape, composite.toReversed()));
    const alone = mergedRows(single, rows.map(([a, , n]) => [a!, n!]));
    const numbers = alone.map(([a]) => BigInt(a!)).filter((a) => a < 1n << 50n);
    assertEquals(numbers, numbers.toSorted((a, b) => a < b ? -1 : 1));
    assertEquals(alone.length, new Set(rows.map(([a]) => BigInt(a!))).size);
  }));
});

function mergedRows(shape: RowShape, rows: readonly Row[]): Row[] {
  const merged = new MergedRows(shape);
  for (const row of rows) merged.add(row);
  return merged.inKeyOrder().flatMap(({ rows }) => rows);
}
