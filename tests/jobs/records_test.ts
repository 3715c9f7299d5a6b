// Every shape of response and every kind of value, from the text of a response to what PostgreSQL holds; how
// rows of two responses merge; streams that feed others. One job with a stream for each shape.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

/** A shape: how a stream declares it, and a response. All hold the same two readings of one day. */
const SHAPES: Readonly<Record<string, { stream: string; answer: string }>> = {
  list: { stream: "", answer: '[{"at":"01:00","v":1.5},{"at":"02:00","v":null}]' },
  nested: {
    stream: "records: 'result[\"x.y\"].items'",
    answer: '{"result":{"x.y":{"items":[{"at":"01:00","v":1.5},{"at":"02:00"}]}}}',
  },
  absent: { stream: "records: { path: items, optional: true }", answer: '{"kind":"none"}' },
  none_in_all: { stream: "records: items\n    total: total", answer: '{"total":0}' },
  entries: {
    stream: `records: { path: readings, as: entries }
    rows: { table: readings, columns: { shape: { value: entries }, at: $key, v: value } }`,
    answer: '{"readings":{"01:00":{"value":1.5},"02:00":{"value":null}}}',
  },
  columns: {
    stream: `records: { path: hourly, as: columns }
    rows: { table: readings, columns: { shape: { value: columns }, at: time, v: v, unit: unit } }`,
    answer: '{"hourly":{"time":["01:00","02:00"],"v":[1.5,null],"unit":"C"}}',
  },
  columns_apart: {
    stream:
      `records: { path: "chart[0]", as: columns, names: { at: timestamp, v: "quote[0].open" } }`,
    answer: '{"chart":[{"timestamp":["01:00","02:00"],"quote":[{"open":[1.5,null]}]}]}',
  },
  columns_in_records: {
    stream: `rows:
      table: readings
      each: "hourly{[]}"
      columns: { shape: { value: columns_in_records }, at: time, v: v, unit: ^unit }`,
    answer: '[{"unit":"C","hourly":{"time":["01:00"],"v":[1.5]}},' +
      '{"unit":"F","hourly":{"time":["02:00"],"v":[null]}}]',
  },
  arrays: {
    stream: "records: { path: rows, as: arrays, names: [at, v] }",
    answer: '{"rows":[["01:00",1.5],["02:00",null]]}',
  },
  arrays_with_names: {
    stream: 'records: { path: rows, as: arrays, names_path: "fields[].name" }',
    answer: '{"fields":[{"name":"v"},{"name":"at"}],"rows":[[1.5,"01:00"],[null,"02:00"]]}',
  },
  pairs: {
    stream: `records: result
    rows:
      table: readings
      each: "values[]"
      columns: { shape: { value: pairs }, at: "[0]", v: "[1]" }`,
    answer: '{"result":[{"metric":{},"values":[["01:00","1.5"],["02:00",""]]}]}',
  },
  single: {
    stream: `records: { as: single }
    rows:
      table: readings
      each: "days{}.hours[]"
      columns: { shape: { value: single }, at: at, v: v, unit: ^^.unit }`,
    answer: '{"unit":"C","days":{"2025-01-31":{"hours":[{"at":"01:00","v":1.5},{"at":"02:00"}]}}}',
  },
  ndjson: { stream: "format: ndjson", answer: '{"at":"01:00","v":1.5}\n\n{"at":"02:00"}\n' },
  csv: { stream: "format: csv", answer: 'v,at\r\n"1.5",01:00\r\n,"02:00"\r\n' },
  csv_semicolons: {
    stream: `format: csv
    delimiter: ";"
    skip: 1
    comment: "#"
    rows:
      table: readings
      columns: { shape: { value: csv_semicolons }, at: Uhrzeit, v: { path: Wert, decimal: "," } }`,
    answer: "Werte der Station\n# station 5\nUhrzeit;Wert\n01:00;1,5\n# a break\n02:00;\n",
  },
  csv_without_header: {
    stream: 'format: csv\n    delimiter: "\\t"\n    records: { as: arrays, names: [at, v] }',
    answer: "01:00\t1.5\n02:00\t\n",
  },
};

function shapesJob(): string {
  const streams = Object.entries(SHAPES).map(([name, { stream }]) => {
    const rows = `rows: { table: readings, columns: { shape: { value: ${name} }, at: at, v: v } }`;
    return `  ${name}:
    window: day
    request: "/${name}?day={from}"
    ${stream}
    ${stream.includes("rows:") ? "" : rows}`;
  });
  return `job: shapes
source: "\${URL}"
tables:
  readings: { key: [shape, at], columns: { shape: text, at: text, v: numeric, unit: text } }
streams:
${streams.join("\n")}
`;
}

Deno.test("every shape of response becomes the same rows", async () => {
  await using server = recorded(({ pathname }) => new Response(SHAPES[pathname.slice(1)]!.answer));
  await using world = await openWorld({ job: shapesJob(), env: { URL: server.url } });
  const { summary, error } = await world.backfill("--start-date 2025-01-31 --end-date 2025-01-31");
  assertEquals([error, summary.ok, summary.rejected], [undefined, true, 0]);
  const rows = await world.query("SELECT * FROM readings ORDER BY shape, at");
  const units: Record<string, (string | null)[]> = {
    columns: ["C", "C"],
    columns_in_records: ["C", "F"],
    single: ["C", "C"],
  };
  const filled = Object.keys(SHAPES).filter((name) => !["absent", "none_in_all"].includes(name));
  assertEquals(
    rows.map(({ shape, at, v, unit }) => [shape, at, v, unit]),
    filled.sort().flatMap((shape) => {
      const [first = null, second = null] = units[shape] ?? [];
      return [[shape, "01:00", 1.5, first], [shape, "02:00", null, second]];
    }),
  );
});

const VALUES = `job: values
time_zone: America/New_York
nulls: ["", "-"]
source: "\${URL}"
params: { region: { default: north } }
tables:
  typed:
    key: id
    columns:
      id: text
      whole: integer
      large: bigint
      exact: numeric
      price: money
      lap: numeric
      flag: boolean
      day: date
      clock: time
      wall: timestamp
      instant: timestamptz
      seconds: timestamptz
      millis: timestamptz
      local: timestamptz
      uid: uuid
      anything: jsonb
      words: "text[]"
      numbers: "integer[]"
      split: "text[]"
      none: text
      raw: text
      code: text
      upper: text
      mapped: boolean
      fallback: integer
      first: text
      constant: text
      joined: text
      window_day: date
      region: text
      place: text
      header: text
      from_body: text
      forgiven: integer
  hashed: { key: id, columns: { id: text, sku: text, n: integer } }
streams:
  typed:
    window: day
    for_each: { place: [{ id: p1, name: Here }] }
    request: "/values?day={from}&place={each.place.id}&region={params.region}"
    records: data
    rows:
      - table: typed
        when: [id, { path: state, is: [final, 1], not: [deleted] }]
        columns:
          id: id
          whole: whole
          large: large
          exact: exact
          price: { path: price, decimal: "," }
          lap: { path: lap, format: clock }
          flag: flag
          day: { path: day, format: "%d/%m/%Y" }
          clock: clock
          wall: wall
          instant: instant
          seconds: { path: seconds, format: epoch }
          millis: { path: millis, format: epoch_ms }
          local: local
          uid: uid
          anything: anything
          words: "list[].word"
          numbers: numbers
          split: { path: split, split: ";" }
          none: none
          raw: { path: raw, trim: false, nulls: [] }
          code: { path: title, capture: '\\(([A-Z]{2})\\)$' }
          upper: { path: title, capture: '^\\w+', case: upper }
          mapped: { path: answer, map: { J: true, N: false } }
          fallback: { path: nowhere, default: 7 }
          first: { path: [nowhere, none, title] }
          constant: { value: usgs }
          joined: { template: "{id}/{whole}" }
          window_day: $window.from
          region: $params.region
          place: $each.place.name
          header: $header.X-Origin
          from_body: $body.meta.source
          forgiven: { path: title, invalid: "null" }
      - table: hashed
        each: lines[]
        columns: { id: { hash: [^id, sku] }, sku: sku, n: $index }
`;

const RECORD = {
  id: "a",
  state: "final",
  whole: "3.0",
  large: "9007199254740993",
  exact: "0.1000000000000000000001",
  price: "1.234,50 EUR",
  lap: "2:19.97",
  flag: "yes",
  day: "31/01/2025",
  clock: "8:10",
  wall: "2025-07-01T10:00:00",
  instant: "2025-07-01T10:00:00.123+02:00",
  seconds: 1738281600,
  millis: "1738281600500",
  local: "2025-07-01T10:00:00",
  uid: "1111111111114111811111111111AAAA",
  anything: { a: [1, null] },
  list: [{ word: "x" }, { word: "-" }, {}],
  numbers: ["1", 2],
  split: "a; b;;c",
  none: " - ",
  raw: " - ",
  title: "Veraison (IR)",
  answer: "J",
  lines: [{ sku: "s1" }, { sku: "s2" }],
};

Deno.test("each kind of value is loaded as its type, and a value that does not fit is rejected and shown", async () => {
  await using server = recorded(() =>
    Response.json({
      meta: { source: "test" },
      data: [
        RECORD,
        { id: "b", state: 1, whole: "ten", lines: null },
        { id: "c", state: "deleted", whole: "ten" },
        { state: "final" },
        { id: "d", state: "final", day: "2025-01-31" },
        { id: "e", state: "final", whole: 3000000000 },
      ],
    }, { headers: { "x-origin": "here" } })
  );
  await using world = await openWorld({ job: VALUES, env: { URL: server.url } });
  const { summary, error } = await world.backfill("--start-date 2025-01-31 --end-date 2025-01-31");
  assertEquals([error, summary.ok, summary.rejected], [undefined, false, 3]);
  const [row, ...others] = await world.query(`SELECT to_jsonb(t) - 'updated_at' AS row, exact::text,
      instant AT TIME ZONE 'UTC' AS instant, seconds AT TIME ZONE 'UTC' AS seconds,
      millis AT TIME ZONE 'UTC' AS millis, local AT TIME ZONE 'UTC' AS local FROM typed t`);
  assertEquals(others, []);
  const { instant: _, seconds: __, millis: ___, local: ____, ...values } = row!.row as Record<
    string,
    unknown
  >;
  assertEquals(values, {
    id: "a",
    whole: 3,
    large: 9007199254740993,
    exact: 0.1,
    price: 1234.5,
    lap: 139.97,
    flag: true,
    day: "2025-01-31",
    clock: "08:10:00",
    wall: "2025-07-01T10:00:00",
    uid: "11111111-1111-4111-8111-11111111aaaa",
    anything: { a: [1, null] },
    words: ["x", null, null],
    numbers: [1, 2],
    split: ["a", "b", "c"],
    none: null,
    raw: " - ",
    code: "IR",
    upper: "VERAISON",
    mapped: true,
    fallback: 7,
    first: "Veraison (IR)",
    constant: "usgs",
    joined: "a/3.0",
    window_day: "2025-01-31",
    region: "north",
    place: "Here",
    header: "here",
    from_body: "test",
    forgiven: null,
  });
  assertEquals(row!.exact, "0.1000000000000000000001");
  assertEquals([row!.instant, row!.seconds, row!.millis, row!.local].map(String), [
    "2025-07-01T08:00:00.123",
    "2025-01-31T00:00:00",
    "2025-01-31T00:00:00.5",
    "2025-07-01T14:00:00",
  ]);
  const lines = await world.query("SELECT count(DISTINCT id) AS n FROM hashed");
  assertEquals(lines, [{ n: 2 }]);
  const troubles = await (await world.stores.checkpoint(world.job)).retryEntries();
  const told = JSON.stringify(troubles);
  for (const text of ["ten", "2025-01-31", "3000000000"]) assertStringIncludes(told, text);
});

const FEEDING = `job: feeding
source: "\${URL}"
tables:
  meters:
    key: id
    columns: { id: text, name: text, first: { type: date, merge: least }, last: { type: date, merge: greatest } }
    merge: fill
  readings:
    key: [meter_id, day]
    columns: { meter_id: text, day: date, state: text, note: { type: text, merge: keep }, v: integer }
    references: { meter_id: meters.id }
    indexes: [day]
streams:
  kinds:
    group: masters
    values: [{ id: m1, name: Old }, { id: m3, name: Third }]
    rows: { table: meters, columns: { id: id, name: name } }
  meters:
    group: masters
    request: /meters
    rows: { table: meters, columns: { id: id, name: name, first: day, last: day } }
  readings:
    window: day
    for_each: { meter: { query: SELECT id FROM meters ORDER BY id }, kind: [a, b] }
    request: "/meters/{each.meter}/{each.kind}/{from}"
    records: { as: single }
    rows:
      table: readings
      columns: { meter_id: $each.meter, day: $window.from, state: state, note: note, v: v }
`;

Deno.test("streams feed others, a grid is fetched, and columns merge as declared", async () => {
  let answer: Record<string, unknown> = { state: "new", note: "first", v: 1 };
  let meters: unknown[] = [
    { id: "m1", name: null, day: "2025-01-05" },
    { id: "m2", name: "Two", day: "2025-01-05" },
  ];
  await using server = recorded(({ pathname }) =>
    Response.json(pathname === "/meters" ? meters : answer)
  );
  await using world = await openWorld({ job: FEEDING, env: { URL: server.url } });
  const DAYS = "--start-date 2025-01-30 --end-date 2025-01-31";
  const first = await world.backfill(DAYS);
  assertEquals([first.error, first.summary.ok], [undefined, true]);
  const grid = server.asked.map(({ pathname }) => pathname).filter((path) => path !== "/meters");
  assertEquals(new Set(grid).size, 3 * 2 * 2);
  assertEquals(server.asked[0]!.pathname, "/meters");

  answer = { state: null, note: "second", v: 2 };
  meters = [{ id: "m1", name: "New", day: "2025-01-01" }, {
    id: "m2",
    name: null,
    day: "2025-01-09",
  }];
  const second = await world.backfill(DAYS);
  assertEquals(second.summary.rows.readings!.updated, 6);
  const third = await world.backfill(DAYS);
  const { inserted, updated } = third.summary.rows.readings!;
  assertEquals([inserted, updated], [0, 0]);

  assertEquals(await world.query("SELECT id, name, first, last FROM meters ORDER BY id"), [
    { id: "m1", name: "New", first: "2025-01-01", last: "2025-01-05" },
    { id: "m2", name: "Two", first: "2025-01-05", last: "2025-01-09" },
    { id: "m3", name: "Third", first: null, last: null },
  ]);
  assertEquals(await world.query("SELECT DISTINCT state, note, v FROM readings"), [
    { state: null, note: "first", v: 2 },
  ]);
  const [made] = await world.query(`SELECT
    (SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'readings'::regclass) AS keys,
    (SELECT count(*) FROM pg_indexes WHERE tablename = 'readings' AND indexdef LIKE '%(day)%') AS indexes`);
  assertEquals(made, { keys: 1, indexes: 1 });
});
