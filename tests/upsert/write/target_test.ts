// Behavior that both databases share: every test runs on a PostgreSQL server and on PGlite in a folder.
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Table } from "../../../lib/config/schema/job_schema.ts";
import { Failure } from "../../../lib/failure.ts";
import { onBothTargets } from "../both_targets.ts";
import { shapeOf, tableOf, windowOf } from "../shapes.ts";

const { testBoth, openOnce } = onBothTargets();

const people = () => tableOf({ id: "integer", name: "text", born: ["date", "fill"] });

testBoth("write() counts inserted, updated and unchanged rows", async (target, name) => {
  const table = people();
  await target.prepare({ [name]: table });
  const shape = shapeOf(name, table);
  const write = async (...rows: (string | null)[][]) =>
    (await target.write([{ shape, rows }], [])).counts.get(name);

  const first = await write(["1", "Ann", null], ["2", "Bob", "1990-01-01"]);
  assertEquals(first, { inserted: 2, updated: 0, unchanged: 0 });
  const again = await write(["1", "Ann", null], ["2", "Bob", null], ["3", "Cy", null]);
  assertEquals(again, { inserted: 1, updated: 0, unchanged: 2 });
  const mixed = await write(["1", "Ann", "1980-01-01"], ["2", "Bob", null], ["4", "Di", null]);
  assertEquals(mixed, { inserted: 1, updated: 1, unchanged: 1 });
  const { rows } = await target.query(`SELECT id, name, born FROM ${name} ORDER BY id`);
  assertEquals(rows, [
    [1, "Ann", "1980-01-01"],
    [2, "Bob", "1990-01-01"],
    [3, "Cy", null],
    [4, "Di", null],
  ]);
});

testBoth("write() does not touch unchanged rows", async (target, name) => {
  const table = people();
  await target.prepare({ [name]: table });
  const shape = shapeOf(name, table);
  const stamps = async () =>
    (await target.query(`SELECT id, xmin::text, updated_at FROM ${name} ORDER BY id`)).rows;

  await target.write([{ shape, rows: [["1", "Ann", null], ["2", "Bob", null]] }], []);
  const before = await stamps();
  for (let times = 0; times < 3; times++) {
    await target.write([{ shape, rows: [["1", "Ann", null], ["2", "Bob", null]] }], []);
  }
  assertEquals(await stamps(), before);
  // The clock of the embedded database counts milliseconds, and a write may take less than one.
  const now = async () => (await target.query("SELECT now()")).rows[0]![0];
  while (String(await now()) <= String(before[1]![2]));
  await target.write([{ shape, rows: [["1", "Ann", null], ["2", "Eve", null]] }], []);
  const after = await stamps();
  assertEquals(after[0], before[0]);
  assert(String(after[1]![2]) > String(before[1]![2]));
});

testBoth(
  "write() accepts the same key twice in a batch, and the later row wins",
  async (target, name) => {
    const table = people();
    await target.prepare({ [name]: table });
    const shape = shapeOf(name, table);
    const sets = [
      { shape, rows: [["1", "Ann", "1980-01-01"], ["1", "Anna", null]] },
      { shape, rows: [["01", "Anne", null]] },
    ];
    const { counts } = await target.write(sets, []);
    assertEquals(counts.get(name), { inserted: 1, updated: 0, unchanged: 0 });
    const { rows } = await target.query(`SELECT name, born FROM ${name}`);
    assertEquals(rows, [["Anne", "1980-01-01"]]);
  },
);

testBoth("write() does not change columns that the shape does not name", async (target, name) => {
  const table = people();
  await target.prepare({ [name]: table });
  await target.write([{ shape: shapeOf(name, table), rows: [["1", "Ann", "1980-01-01"]] }], []);
  const partial = shapeOf(name, table, ["name", "id"]);
  await target.write([{ shape: partial, rows: [["Eve", "1"], ["Kim", "2"]] }], []);
  const { rows } = await target.query(`SELECT id, name, born FROM ${name} ORDER BY id`);
  assertEquals(rows, [[1, "Eve", "1980-01-01"], [2, "Kim", null]]);
});

testBoth("write() merges a table that consists of its key only", async (target, name) => {
  const table = tableOf({ a: "text", b: "text" }, { key: ["a", "b"] });
  await target.prepare({ [name]: table });
  const shape = shapeOf(name, table);
  await target.write([{ shape, rows: [["x", "1"]] }], []);
  const { counts } = await target.write([{ shape, rows: [["x", "1"], ["x", "2"]] }], []);
  assertEquals(counts.get(name), { inserted: 1, updated: 0, unchanged: 1 });
});

testBoth("write() takes every type, and values of every kind", async (target, name) => {
  const table = tableOf({
    id: "text",
    whole: "bigint",
    exact: "numeric",
    price: "money",
    wide: "double",
    yes: "boolean",
    day: "date",
    hour: "time",
    local: "timestamp",
    at: "timestamptz",
    uid: "uuid",
    tree: "jsonb",
    words: "text[]",
    days: "date[]",
  });
  await target.prepare({ [name]: table });
  const shape = shapeOf(name, table);
  const odd = `quotes ' " \\ tab\t feed\r\n \\N \\. ; -- $1 \u{1F600} {}`;
  const rows = [
    [
      odd,
      "9223372036854775807",
      "1234567890123456789.5",
      "4187.20",
      "1e-7",
      "true",
      "2024-02-29",
      "12:30:00",
      "2024-02-29 12:30:00",
      "2024-02-29T12:30:00+01:00",
      "0f0e0d0c-0b0a-4908-8706-050403020100",
      '{"a": [1, "x\\ty"]}',
      '{a,"b,\\"c",NULL}',
      "{2024-01-01}",
    ],
    ["nulls", ...Array(13).fill(null)],
    ["", ...Array(13).fill(null)],
  ];
  const first = await target.write([{ shape, rows }], []);
  assertEquals(first, {
    counts: new Map([[name, { inserted: 3, updated: 0, unchanged: 0 }]]),
    rejected: [],
  });
  const second = await target.write([{ shape, rows }], []);
  assertEquals(second.counts.get(name), { inserted: 0, updated: 0, unchanged: 3 });
  const columns = Object.keys(table.columns).join();
  const found = await target.query(`SELECT ${columns} FROM ${name} WHERE id = $1`, {
    parameters: [odd],
  });
  assertEquals(found.rows, [[
    odd,
    "9223372036854775807",
    "1234567890123456789.5",
    4187.2,
    1e-7,
    true,
    "2024-02-29",
    "12:30:00",
    "2024-02-29T12:30:00",
    "2024-02-29T11:30:00Z",
    "0f0e0d0c-0b0a-4908-8706-050403020100",
    { a: [1, "x\ty"] },
    ["a", 'b,"c', null],
    ["2024-01-01"],
  ]]);
});

testBoth(
  "write() rejects the rows the database refuses and writes all others",
  async (target, name) => {
    const table = people();
    await target.prepare({ [name]: table });
    await target.query(`ALTER TABLE ${name} ADD CHECK (name <> 'nobody')`);
    const shape = shapeOf(name, table);
    const rows = Array.from(
      { length: 300 },
      (_, at) => [String(at), `p${at}`, null as string | null],
    );
    rows[17]![1] = "nobody";
    rows[100]![2] = "2025-02-30";
    rows[200]![0] = "99999999999";
    rows[201]![1] = "nul \0 here";
    const entry = windowOf({ job: name });
    const { counts, rejected } = await target.write([{ shape, rows }], [entry]);
    assertEquals(counts.get(name), { inserted: 296, updated: 0, unchanged: 0 });
    const told = rejected.map(({ table, column, value }) => [table, column, value])
      .sort((a, b) => String(a[2]).localeCompare(String(b[2])));
    assertEquals(
      told,
      [
        [name, null, '{"id":"17","name":"nobody","born":null}'],
        [name, "born", '"2025-02-30"'],
        [name, "id", '"99999999999"'],
        [name, null, '{"id":"201","name":"nul \\u0000 here","born":null}'],
      ].sort((a, b) => String(a[2]).localeCompare(String(b[2]))),
    );
    assert(rejected.every(({ reason }) => reason.startsWith("is refused by the database: ")));
    const recorded = { ...entry, rejected: 4 };
    assertEquals(await Array.fromAsync(target.readLedger(name)), [recorded]);
  },
);

testBoth("write() writes neither rows nor ledger where it fails", async (target, name) => {
  const table = people();
  await target.prepare({ [name]: table });
  await target.query(`ALTER TABLE ${name} ADD CHECK (name <> 'nobody')`);
  const shape = shapeOf(name, table);
  const rows = Array.from(
    { length: 120 },
    (_, at) => [String(at), at < 110 ? "nobody" : "x", null],
  );
  const failure = await assertRejects(
    () => target.write([{ shape, rows }], [windowOf({ job: name })]),
    Failure,
    `Cannot write to table "${name}": more than 100 rows of one batch are refused`,
  );
  assertEquals(failure.kind, "target");
  assertEquals(await target.countRows([name]), { [name]: 0 });
  assertEquals(await Array.fromAsync(target.readLedger(name)), []);
  await target.write([{ shape, rows: rows.slice(110) }], [windowOf({ job: name })]);
  assertEquals(await target.countRows([name]), { [name]: 10 });
});

testBoth(
  "write() counts refused rows of a write in progress in the ledger of the next",
  async (target, name) => {
    const table = people();
    await target.prepare({ [name]: table });
    const shape = shapeOf(name, table);
    const [first, second] = [windowOf({ job: name }), windowOf({ job: name, from: "2024-01-02" })];
    // The first and the last page of a window; the last begins before the database has received the first.
    const rows = (...ids: string[]) => [{ shape, rows: ids.map((id) => [id, "x", null]) }];
    await Promise.all([
      target.write(rows("1", "99999999999"), []),
      target.write(rows("2"), [first]),
      target.write(rows("3"), [second]),
    ]);
    const entries = await Array.fromAsync(target.readLedger(name));
    assertEquals(
      entries.map(({ from, rejected }) => [from, rejected]).sort(),
      [[first.from, 1], [second.from, 0]],
    );
  },
);

testBoth("write() keeps the order in which writes were started", async (target, name) => {
  const table = people();
  await target.prepare({ [name]: table });
  const shape = shapeOf(name, table);
  const writes = ["a", "b", "c"].map((text) =>
    target.write([{ shape, rows: [["1", text, null]] }], [])
  );
  const counts = (await Promise.all(writes)).map(({ counts }) => counts.get(name));
  assertEquals(counts.map((each) => [each!.inserted, each!.updated]), [[1, 0], [0, 1], [0, 1]]);
  assertEquals((await target.query(`SELECT name FROM ${name}`)).rows, [["c"]]);
});

testBoth("write() writes nothing after a write that failed meanwhile", async (target, name) => {
  const table = people();
  await target.prepare({ [name]: table });
  await target.query(`ALTER TABLE ${name} RENAME TO ${name}_away`);
  const shape = shapeOf(name, table);
  const one = { shape, rows: [["1", "a", null]] };
  const writes = [target.write([one], []), target.write([], [windowOf({ job: name })])];
  for (const write of writes) await assertRejects(() => write, Failure, "does not exist");
  assertEquals(await Array.fromAsync(target.readLedger(name)), []);
  await target.query(`ALTER TABLE ${name}_away RENAME TO ${name}`);
  await target.write([one], []);
  assertEquals(await target.countRows([name]), { [name]: 1 });
});

testBoth(
  "write() names the table and the reason of a failure that it cannot resolve",
  async (target, name) => {
    const table = people();
    await target.prepare({ [name]: table });
    await target.query(`DROP TABLE ${name}`);
    const failure = await assertRejects(
      () => target.write([{ shape: shapeOf(name, table), rows: [["1", "a", null]] }], []),
      Failure,
      `Cannot write to table "${name}": relation "${name}" does not exist (42P01)`,
    );
    assertEquals(failure.kind, "target");
    assert(failure.hint !== undefined);
  },
);

testBoth(
  "write() rejects rows whose reference is missing, and writes tables in order",
  async (target, name) => {
    const [races, runners] = [`${name}_a`, `${name}_b`];
    const tables: Record<string, Table> = {
      [runners]: tableOf({ id: "text", race: "text" }, { references: { race: `${races}.id` } }),
      [races]: tableOf({ id: "text" }),
    };
    await target.prepare(tables);
    const sets = [
      { shape: shapeOf(runners, tables[runners]!), rows: [["1", "r1"], ["2", "r9"], ["3", "r2"]] },
      { shape: shapeOf(races, tables[races]!), rows: [["r1"], ["r2"]] },
    ];
    const { counts, rejected } = await target.write(sets, []);
    assertEquals(counts.get(races)?.inserted, 2);
    assertEquals(counts.get(runners)?.inserted, 2);
    assertEquals(rejected.length, 1);
    assertEquals(rejected[0]!.record, '{"id":"2","race":"r9"}');
  },
);

testBoth("write() treats hostile names as names", async (target, name) => {
  const table = tableOf({
    'id"; DROP TABLE x; --': "text",
    "select": "integer",
    __proto__x: "text",
  });
  const hostile = `${name.slice(0, 30)} "x"`;
  await target.prepare({ [hostile]: table });
  await target.write([{ shape: shapeOf(hostile, table), rows: [["a", "1", "b"]] }], []);
  assertEquals(await target.countRows([hostile]), { [hostile]: 1 });
});

testBoth("prepare() adds what is new in the job and keeps what exists", async (target, name) => {
  const table = people();
  await target.prepare({ [name]: table });
  await target.write([{ shape: shapeOf(name, table), rows: [["1", "Ann", null]] }], []);
  await target.query(`ALTER TABLE ${name} ADD COLUMN note text`);
  const grown = tableOf({ id: "integer", name: "text", born: "date", height: "numeric" }, {
    indexes: [["name"]],
    about: "People",
  });
  await target.prepare({ [name]: grown });
  await target.prepare({ [name]: grown });
  await target.write([{ shape: shapeOf(name, grown), rows: [["1", "Ann", null, "1.8"]] }], []);
  const { rows } = await target.query(
    `SELECT name, height, note, obj_description('${name}'::regclass) FROM ${name}`,
  );
  assertEquals(rows, [["Ann", 1.8, null, "People"]]);
});

testBoth("prepare() names the column that does not fit and what to do", async (target, name) => {
  await target.query(`CREATE TABLE ${name} (id bytea PRIMARY KEY, n text, ok bigint)`);
  const refused = async (table: Table, message: string, hint: string) => {
    const failure = await assertRejects(() => target.prepare({ [name]: table }), Failure, message);
    assertEquals([failure.kind, failure.hint?.includes(hint)], ["target", true]);
  };
  await refused(
    tableOf({ id: "text" }),
    `Cannot write to table "${name}": its column "id" is "bytea", which cannot hold "text"`,
    `ALTER TABLE "${name}" ALTER COLUMN "id" TYPE text`,
  );
  await target.query(`ALTER TABLE ${name} ALTER COLUMN id TYPE text USING ''`);
  await refused(
    tableOf({ id: "text", n: "integer" }),
    'its column "n" is "text"',
    "TYPE integer",
  );
  await refused(
    tableOf({ id: "text", ok: "integer" }, { key: ["id", "ok"] }),
    'it has no unique index on its key ("id", "ok")',
    "CREATE UNIQUE INDEX ON",
  );
  await target.query(`ALTER TABLE ${name} ADD COLUMN must text NOT NULL`);
  await refused(
    tableOf({ id: "text", ok: "integer" }),
    'its column "must" must not be null, has no default, and is not in the job',
    `ALTER COLUMN "must" DROP NOT NULL`,
  );
  await target.query(`ALTER TABLE ${name} ALTER COLUMN must DROP NOT NULL`);
  await target.prepare({ [name]: tableOf({ id: "text", ok: "integer" }) });
});

testBoth(
  "query() accepts one statement, and is read-only if requested",
  async (target, name) => {
    await target.query(`CREATE TABLE ${name} (n integer)`);
    const failure = await assertRejects(
      () =>
        target.query(`WITH n AS (INSERT INTO ${name} VALUES (1) RETURNING 1) TABLE n`, {
          readOnly: true,
        }),
      Failure,
      "read-only transaction",
    );
    assertEquals(failure.kind, "target");
    await assertRejects(() => target.query("SELECT 1; SELECT 2"), Failure, "multiple commands");
    await assertRejects(
      () => target.query(`COMMIT; INSERT INTO ${name} VALUES (1)`, { readOnly: true }),
      Failure,
    );
    await assertRejects(
      () => target.query("SELECT nonsense"),
      Failure,
      'column "nonsense" does not exist',
    );
    const { columns, rows } = await target.query("SELECT $1::int + 1 AS two, NULL AS none", {
      parameters: [1],
    });
    assertEquals([columns, rows], [["two", "none"], [[2, null]]]);
    assertEquals(await target.countRows([name, "no such table"]), { [name]: 0 });
  },
);

testBoth(
  "stream() yields records and keeps no transaction open while others are written",
  async (target, name) => {
    const table = tableOf({ id: "integer", name: "text" });
    await target.prepare({ [name]: table });
    const shape = shapeOf(name, table);
    const rows = Array.from({ length: 2500 }, (_, at) => [String(at), `p${at}`]);
    await target.write([{ shape, rows }], []);
    let next = 0;
    for await (const record of target.stream(`SELECT id, name FROM ${name} ORDER BY id;`)) {
      assertEquals(record, { id: next, name: `p${next}` });
      if (next % 1000 === 0) await target.write([{ shape, rows: [["9999", String(next)]] }], []);
      next++;
    }
    assertEquals(next, 2500);
  },
);

testBoth(
  "readLedger() returns the latest entry of each window",
  async (target, name) => {
    const entries = [
      windowOf({ job: name, each: '{"id":"a\\"b"}', records: 5 }),
      windowOf({ job: name, from: null, to: null, settled: false }),
      windowOf({ job: name, from: "2024-01-02", to: "2024-01-03", scope: "it's \\ odd" }),
    ];
    await target.prepare({});
    await target.write([], entries);
    await target.write([], [{ ...entries[1]!, settled: true, records: 7 }]);
    await target.write([], [windowOf({ job: `${name} other` })]);
    const found = await Array.fromAsync(target.readLedger(name));
    const expected = [entries[0]!, { ...entries[1]!, settled: true, records: 7 }, entries[2]!];
    const sorted = (list: typeof found) => list.map((entry) => JSON.stringify(entry)).sort();
    assertEquals(sorted(found), sorted(expected));
  },
);

testBoth(
  "prepare() refuses a job's table that has the name of one of Hindcast's own",
  async (target) => {
    const own = { hindcast_windows: tableOf({ id: "text" }) };
    await assertRejects(
      () => target.prepare(own),
      Failure,
      'Cannot create table "hindcast_windows"',
    );
  },
);

Deno.test("write() produces the same rows on a server as in the embedded database", async () => {
  const table = tableOf({
    id: "integer",
    a: "text",
    b: ["numeric", "greatest"],
    c: ["jsonb", "keep"],
  });
  const shape = shapeOf("alike", table);
  const rows = Array.from({ length: 500 }, (_, at) => [
    String(at * 7 % 400),
    at % 3 === 0 ? null : `text ${at}`,
    String(at % 50 / 10),
    at % 5 === 0 ? null : `{"at": ${at}}`,
  ]);
  const results = await Promise.all(["postgres", "pglite"].map(async (kind) => {
    const target = await openOnce(kind);
    await target.prepare({ alike: table });
    const counts = [];
    for (const part of [rows.slice(0, 300), rows.slice(200), rows]) {
      counts.push((await target.write([{ shape, rows: part }], [])).counts.get("alike"));
    }
    return [counts, (await target.query("SELECT id, a, b, c FROM alike ORDER BY id")).rows];
  }));
  assertEquals(results[0], results[1]);
});
