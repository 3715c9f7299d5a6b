// Tables that existed before Hindcast: other types, constraints, triggers, views. Every value that fits is
// written, every other one rejects its row, and what cannot work is reported before the first request.
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import type { Table } from "../../lib/config/schema/job_schema.ts";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { onBothTargets } from "./both_targets.ts";
import { shapeOf, tableOf } from "./shapes.ts";

const { testBoth } = onBothTargets();

/** Writes rows of all columns; returns the rejected ones as `column: value`, and the counts. */
async function write(target: Target, name: string, table: Table, rows: (string | null)[][]) {
  const { counts, rejected } = await target.write([{ shape: shapeOf(name, table), rows }], []);
  return {
    counts: counts.get(name),
    rejected: rejected.map(({ column, value }) => `${column}: ${value}`).sort(),
  };
}

/** Type of an existing column, type in the job, values that fit with what is read back, values that do not. */
const TYPES: readonly (readonly [string, string, Record<string, unknown>, string[]])[] = [
  ["varchar(3)", "text", { abc: "abc", "ab ": "ab ", "": "" }, ["abcd", "abc "]],
  ["char(3)", "text", { abc: "abc", ab: "ab " }, ["abcd"]],
  ["smallint", "integer", { "32767": 32767, "-1": -1 }, ["32768"]],
  ["integer", "bigint", { "2147483647": 2147483647 }, ["2147483648"]],
  ["numeric(5,2)", "numeric", { "123.45": 123.45, "1.10": 1.1 }, ["1234", "1.005", "0.001"]],
  ["numeric(5,0)", "integer", { "12345": 12345 }, ["123456"]],
  ["real", "double", { "0.1": 0.1, "16777216": 16777216 }, ["0.123456789", "16777217"]],
  ["double precision", "numeric", { "0.1": 0.1, "1.5": 1.5 }, ["0.12345678901234567891"]],
  ["timestamptz(0)", "timestamptz", { "2024-01-01T10:00:00Z": "2024-01-01T10:00:00Z" }, [
    "2024-01-01T10:00:00.5Z",
  ]],
  ["mood", "text", { happy: "happy" }, ["sad"]],
  ["positive", "integer", { "1": 1 }, ["0"]],
  ["code", "text", { AB: "AB" }, ["ABC", "ab"]],
];

testBoth("write() fills columns of narrower types where values fit", async (target, name) => {
  await target.query("CREATE TYPE mood AS ENUM ('happy', 'sleepy')");
  await target.query("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)");
  await target.query("CREATE DOMAIN code AS varchar(2) CHECK (VALUE = upper(VALUE))");
  for (const [at, [existing, type, fitting, others]] of TYPES.entries()) {
    const own = `${name.slice(0, 30)}_${at}`;
    await target.query(`CREATE TABLE ${own} (id integer PRIMARY KEY, v ${existing})`);
    const table = tableOf({ id: "integer", v: type as "text" });
    await target.prepare({ [own]: table });
    const values = [...Object.keys(fitting), ...others];
    const rows = [["1000", null], ...values.map((value, at) => [String(at), value])];
    for (const times of [0, 1, 2]) {
      const fresh = times === 0 ? Object.keys(fitting).length + 1 : 0;
      const { counts, rejected } = await write(target, own, table, rows);
      assertEquals([existing, rejected.length], [existing, others.length]);
      const unchanged = Object.keys(fitting).length + 1 - fresh;
      assertEquals([existing, counts], [existing, { inserted: fresh, updated: 0, unchanged }]);
    }
    const found = await target.query(`SELECT v FROM ${own} WHERE id < 1000 ORDER BY id`);
    assertEquals([existing, found.rows.flat()], [existing, Object.values(fitting)]);
  }
});

testBoth("write() names the column whose value does not fit", async (target, name) => {
  await target.query(`CREATE TABLE ${name} (id integer PRIMARY KEY, price numeric(6,2))`);
  const table = tableOf({ id: "integer", price: "numeric" });
  await target.prepare({ [name]: table });
  const shape = shapeOf(name, table);
  const { rejected } = await target.write([{ shape, rows: [["1", "9.99"], ["2", "9.999"]] }], []);
  assertEquals(rejected.map(({ column, value, reason }) => [column, value, reason]), [
    [
      "price",
      '"9.999"',
      "is refused by the database: the value does not fit the type of the column",
    ],
  ]);
});

testBoth(
  "write() rejects rows that a trigger refuses, and counts rows it drops",
  async (target, name) => {
    await target.query(`CREATE TABLE ${name} (id integer PRIMARY KEY, name text)`);
    await target.query(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF new.name = 'raise' THEN RAISE EXCEPTION 'not this one'; END IF;
    IF new.name = 'custom' THEN RAISE 'nor this one' USING ERRCODE = '45000'; END IF;
    IF new.name = 'drop' THEN RETURN NULL; END IF;
    RETURN new; END $$`);
    await target.query(`CREATE TRIGGER t BEFORE INSERT OR UPDATE ON ${name}
    FOR EACH ROW EXECUTE FUNCTION ${name}()`);
    const table = tableOf({ id: "integer", name: "text" });
    await target.prepare({ [name]: table });
    const names = ["a", "raise", "drop", "b", "custom", "drop"];
    const rows = names.map((name, at) => [String(at), name]);
    const first = await write(target, name, table, rows);
    assertEquals(first.counts, { inserted: 2, updated: 0, unchanged: 0, dropped: 2 });
    assertEquals(first.rejected.length, 2);
    assertMatch(first.rejected[0]!, /"raise"/);
    const again = await write(target, name, table, [["0", "a"], ["2", "drop"], ["3", "c"]]);
    assertEquals(again.counts, { inserted: 0, updated: 1, unchanged: 1, dropped: 1 });
    assertEquals((await target.query(`SELECT * FROM ${name} ORDER BY id`)).rows, [[0, "a"], [
      3,
      "c",
    ]]);
  },
);

testBoth("write() rejects the row that a deferred constraint refuses", async (target, name) => {
  await target.query(`CREATE TABLE ${name}_a (id text PRIMARY KEY)`);
  await target.query(`CREATE TABLE ${name}_b (id text PRIMARY KEY,
    a text REFERENCES ${name}_a DEFERRABLE INITIALLY DEFERRED)`);
  const tables = {
    [`${name}_a`]: tableOf({ id: "text" }),
    [`${name}_b`]: tableOf({ id: "text", a: "text" }),
  };
  await target.prepare(tables);
  const [a, b] = Object.entries(tables).map(([name, table]) => shapeOf(name, table));
  const { counts, rejected } = await target.write([
    { shape: b!, rows: [["1", "x"], ["2", "nowhere"], ["3", "x"]] },
    { shape: a!, rows: [["x"]] },
  ], []);
  assertEquals(counts.get(`${name}_b`)?.inserted, 2);
  assertEquals(rejected.map(({ record }) => record), ['{"id":"2","a":"nowhere"}']);
});

testBoth(
  "prepare() refuses what cannot be written to, with a hint",
  async (target, name) => {
    const table = tableOf({ id: "integer", v: "integer" });
    const refused = async (create: string, message: string, hint: string, help?: string) => {
      await target.query(`CREATE ${create}`);
      const failure = await assertRejects(
        () => target.prepare({ [name]: table }),
        Failure,
        message,
      );
      assertEquals([failure.kind, failure.hint?.includes(hint)], ["target", true], failure.hint);
      if (help !== undefined) {
        await target.query(help);
        await target.prepare({ [name]: table });
        await write(target, name, table, [["1", "2"]]);
      }
      await target.query(`DROP ${create.split(" ")[0]} ${name}`);
      await target.query(`DELETE FROM hindcast_tables WHERE name = '${name}'`).catch(() => {});
    };
    await refused(`VIEW ${name} AS SELECT 1 AS id, 2 AS v`, "it is a view", "Rename the table");
    await refused(
      `TABLE ${name} (id integer PRIMARY KEY, v integer GENERATED ALWAYS AS (id * 2) STORED)`,
      'its column "v" is generated by the database',
      'Remove the column "v"',
    );
    await refused(
      `TABLE ${name} (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v integer)`,
      'its column "id" is an identity column that is always generated',
      `ALTER TABLE "${name}" ALTER COLUMN "id" SET GENERATED BY DEFAULT`,
      `ALTER TABLE "${name}" ALTER COLUMN "id" SET GENERATED BY DEFAULT`,
    );
    await refused(
      `TABLE ${name} (id integer, v integer, CONSTRAINT late PRIMARY KEY (id) DEFERRABLE)`,
      'the constraint "late" on its key ("id") is deferrable',
      `CREATE UNIQUE INDEX ON "${name}" ("id")`,
      `CREATE UNIQUE INDEX ON "${name}" ("id")`,
    );
  },
);

testBoth(
  "prepare() adds nothing to a table that existed before, and warns once",
  async (target, name) => {
    await target.query(`CREATE TABLE ${name} (id integer PRIMARY KEY, v text)`);
    const table = tableOf({ id: "integer", v: "text" }, { indexes: [["v"]], about: "Ours" });
    const columns = async () =>
      (await target.query(`SELECT attname FROM pg_attribute
      WHERE attrelid = '${name}'::regclass AND attnum > 0`)).rows.flat();
    const notices = await target.prepare({ [name]: table });
    assertEquals(notices.map(({ table }) => table), [name]);
    assertMatch(
      notices[0]!.message,
      /existed before Hindcast: rows are merged into it, and nothing else/,
    );
    assertEquals(await columns(), ["id", "v"]);
    assertEquals(await target.prepare({ [name]: table }), []);
    assertEquals((await write(target, name, table, [["1", "x"]])).counts?.inserted, 1);
    assertEquals((await write(target, name, table, [["1", "y"]])).counts?.updated, 1);
    assertEquals(
      (await target.query(`SELECT count(*) FROM pg_indexes WHERE tablename = '${name}'`)).rows,
      [[1]],
    );
    const wider = { ...table, columns: { ...table.columns, w: table.columns.v! } };
    const failure = await assertRejects(
      () => target.prepare({ [name]: wider }),
      Failure,
      'it existed before Hindcast and has no column "w"',
    );
    assertMatch(
      failure.hint!,
      /ADD COLUMN "w" text; or set "extend: true" for the table in the job/,
    );
    assertEquals(await target.prepare({ [name]: { ...wider, extend: true } }), []);
    assertEquals(await columns(), ["id", "v", "w", "updated_at"]);
  },
);

testBoth("prepare() reports no table that Hindcast created", async (target, name) => {
  const table = tableOf({ id: "integer", v: "text" });
  assertEquals(await target.prepare({ [name]: table }), []);
  assertEquals(await target.examine({ [name]: table }), []);
});

testBoth(
  "write() fills a citext column, and treats keys that differ only in case as equal",
  async (target, name) => {
    const hasCitext = await target.query("CREATE EXTENSION citext").then(() => true, () => false);
    if (!hasCitext) return;
    await target.query(`CREATE TABLE ${name} (id citext PRIMARY KEY, v citext)`);
    const table = tableOf({ id: "text", v: "text" });
    await target.prepare({ [name]: table });
    await write(target, name, table, [["a", "X"], ["A", "y"], ["b", "z"]]);
    const { rows } = await target.query(`SELECT id, v FROM ${name} ORDER BY id`);
    assertEquals(rows, [["a", "y"], ["b", "z"]]);
  },
);

Deno.test("prepare() and write() require only SELECT, INSERT and UPDATE on complete tables, and block nobody", async () => {
  const url = await (await sharedPostgres()).createDatabase();
  await using owner = await openTarget(url);
  const table = tableOf({ id: "integer", v: "text" }, { indexes: [["v"]], about: "Ours" });
  const holder = { run: "r", host: "h", pid: 1 };
  await owner.prepare({ things: table });
  await write(owner, "things", table, [["1", "x"]]);
  const role = `app_${crypto.randomUUID().slice(0, 8)}`;
  await owner.query(`CREATE ROLE ${role} LOGIN`);
  await owner.query(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role}`);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.begin(async (sql) => {
    await sql`UPDATE things SET v = 'theirs' WHERE id = 1`;
    await using app = await openTarget(url.replace("hindcast@", `${role}@`));
    await using _lock = await app.lock("job", holder);
    await app.prepare({ things: table });
    assertEquals((await write(app, "things", table, [["2", "y"]])).counts?.inserted, 1);
  });
  await sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await sql.end();
});
