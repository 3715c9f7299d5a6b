import { assertEquals, assertThrows } from "@std/assert";
import { compileExtractor } from "../../lib/extract/extractor.ts";
import { Failure } from "../../lib/failure.ts";
import { extractBody, jobOf, pageOf, rowsOf, windowOf } from "./extracting.ts";

const RACES = {
  races: { key: "id", columns: { id: "text", name: "text", day: "date", runners: "integer" } },
  runners: {
    key: ["race_id", "horse_id"],
    columns: { race_id: "text", horse_id: "text", place: "integer", course: "text" },
  },
  odds: {
    key: ["race_id", "horse_id", "bookmaker"],
    columns: {
      race_id: "text",
      horse_id: "text",
      bookmaker: "text",
      price: "numeric",
      rank: "integer",
    },
  },
};

const NESTED = {
  races: [{
    id: 1,
    name: " Derby ",
    course: { name: "Epsom" },
    runners: [
      { horse: "a", place: "2", odds: [{ by: "x", price: ".5" }, { by: "y", price: 2 }] },
      { horse: "b", place: "-", odds: [{ by: "x", price: "7" }] },
      { horse: "c" },
    ],
  }, { id: 2, name: "Oaks" }],
};

const NESTED_STREAM = {
  records: "races",
  rows: [
    { table: "races", columns: { id: "id", name: "name" } },
    {
      table: "runners",
      each: "runners",
      columns: { race_id: "^.id", horse_id: "horse", place: "place", course: "^.course.name" },
    },
    {
      table: "odds",
      each: "runners[].odds[]",
      columns: {
        race_id: "^^.id",
        horse_id: "^.horse",
        bookmaker: "by",
        price: "price",
        rank: "$index",
      },
    },
  ],
};

Deno.test("extract() yields rows of many tables, with access to parents at any depth", () => {
  const extraction = extractBody(jobOf({ tables: RACES, stream: NESTED_STREAM }), NESTED);
  assertEquals(extraction.rejected, []);
  assertEquals(rowsOf(extraction, "races"), [
    { id: "1", name: "Derby" },
    { id: "2", name: "Oaks" },
  ]);
  assertEquals(rowsOf(extraction, "runners"), [
    { race_id: "1", horse_id: "a", place: "2", course: "Epsom" },
    { race_id: "1", horse_id: "b", place: null, course: "Epsom" },
    { race_id: "1", horse_id: "c", place: null, course: "Epsom" },
  ]);
  assertEquals(rowsOf(extraction, "odds"), [
    { race_id: "1", horse_id: "a", bookmaker: "x", price: "0.5", rank: "0" },
    { race_id: "1", horse_id: "a", bookmaker: "y", price: "2", rank: "1" },
    { race_id: "1", horse_id: "b", bookmaker: "x", price: "7", rank: "0" },
  ]);
});

Deno.test("extractBySlices() yields between slices, and returns what extract() does", () => {
  const job = jobOf({ tables: RACES, stream: NESTED_STREAM });
  const page = { ...pageOf(NESTED.races), body: NESTED };
  const { extract, extractBySlices } = compileExtractor(job, "s");
  const whole = extract(page);
  const work = extractBySlices(page, 1);
  const steps = [work.next(), work.next()];
  assertEquals(steps, [{ done: false, value: undefined }, { done: true, value: whole }]);
});

Deno.test("extract() omits shapes without rows", () => {
  const job = jobOf({ tables: RACES, stream: NESTED_STREAM });
  const { sets } = extractBody(job, { races: [{ id: 1, name: "x" }] });
  assertEquals(sets.map(({ shape }) => shape), [{
    id: "s/0",
    stream: "s",
    table: "races",
    columns: ["id", "name"],
    types: ["text", "text"],
    merges: ["replace", "replace"],
    key: [0],
    version: [],
  }]);
});

Deno.test("compileExtractor() takes the merge policy that is declared nearest", () => {
  const tables = {
    t: {
      key: "id",
      merge: "fill",
      version: ["seen"],
      columns: {
        id: "text",
        a: "text",
        b: { type: "text", merge: "keep" },
        c: "text",
        seen: "date",
      },
    },
  };
  const columns = { id: "id", a: "a", b: "b", c: { path: "c", merge: "least" }, seen: "seen" };
  const merges = (merge?: string) => {
    const rows = { table: "t", columns, ...merge === undefined ? {} : { merge } };
    const [shape] = compileExtractor(jobOf({ tables, stream: { rows } }), "s").shapes;
    assertEquals(shape!.version, [4]);
    return shape!.merges;
  };
  assertEquals(merges(), ["fill", "fill", "keep", "least", "latest"]);
  assertEquals(merges("greatest"), ["greatest", "greatest", "greatest", "least", "latest"]);
});

Deno.test("extract() reads columns by their own names where none are mapped", () => {
  const job = jobOf({ tables: RACES, stream: { rows: "races" } });
  const extraction = extractBody(job, [{
    id: "1",
    name: "x",
    day: "2025-01-01",
    runners: 3,
    z: 1,
  }]);
  assertEquals(rowsOf(extraction, "races"), [{
    id: "1",
    name: "x",
    day: "2025-01-01",
    runners: "3",
  }]);
});

Deno.test("extract() yields neither a row nor a rejection where a condition does not hold", () => {
  const rows = (when: unknown) => {
    const stream = { rows: { table: "races", when, columns: { id: "id", name: "name" } } };
    const body = [{ id: 1, s: "a" }, { id: 2, s: "b" }, { id: 3, s: "-" }, { id: 4 }, {
      id: 5,
      s: 7,
    }];
    const extraction = extractBody(jobOf({ tables: RACES, stream }), body);
    assertEquals(extraction.rejected, []);
    return rowsOf(extraction, "races").map(({ id }) => id).join("");
  };
  assertEquals(rows("s"), "125");
  assertEquals(rows({ path: "s", is: ["a", "7"] }), "15");
  assertEquals(rows({ path: "s", is: [7] }), "5");
  assertEquals(rows({ path: "s", is: [null] }), "34");
  assertEquals(rows({ path: "s", not: ["a"] }), "2345");
  assertEquals(rows({ path: "s", not: ["a", null] }), "25");
  assertEquals(rows(["s", { path: "id", not: [2] }]), "15");
});

Deno.test("extract() yields nothing where a condition on the elements above excludes rows", () => {
  const rows = (when: unknown) => {
    const stream = {
      records: { path: "result", as: "entries" },
      rows: { table: "races", each: "runs[].odds[]", when, columns: { id: ".", name: "^^$key" } },
    };
    const runs = [{ odds: [1, 2] }, { state: "void", odds: "-" }];
    const body = { result: { a: { runs }, last: { runs: 17 } } };
    const extraction = extractBody(jobOf({ tables: RACES, stream }), body);
    const ids = rowsOf(extraction, "races").map(({ id }) => id);
    return [ids.join(""), extraction.rejected.map(({ value }) => value)];
  };
  assertEquals(rows(undefined), ["12", ['"-"', "17"]]);
  assertEquals(rows({ path: "^^$key", not: ["last"] }), ["12", ['"-"']]);
  assertEquals(rows({ path: "^state", not: ["void"] }), ["12", ["17"]]);
  assertEquals(rows([{ path: "^^$key", is: ["a"] }, { path: "^state", is: [null] }]), ["12", []]);
});

Deno.test("extract() takes the first of several paths that is not null", () => {
  const columns = { id: "id", name: { path: ["a", "b.c", "^.d", "d"] } };
  const stream = { rows: { table: "races", columns } };
  const body = [{ id: 1, a: "a", d: "d" }, { id: 2, a: "-", b: { c: "c" } }, {
    id: 3,
    a: null,
    b: 7,
    d: " d ",
  }, { id: 4 }];
  const rows = rowsOf(extractBody(jobOf({ tables: RACES, stream }), body), "races");
  assertEquals(rows.map(({ name }) => name), ["a", "c", "d", null]);
});

Deno.test("extract() reads the page, the window and the requested values", () => {
  const tables = {
    t: {
      key: ["id", "place"],
      columns: {
        id: "text",
        place: "text",
        unit: "text",
        limit_left: "integer",
        day: "date",
        last: "date",
        lang: "text",
        n: "integer",
      },
    },
  };
  const columns = {
    id: "id",
    place: "$each.place.name",
    unit: "$body.units.t",
    limit_left: "$header.x-left",
    day: "$window.from",
    last: "$window.last",
    lang: "$params.lang",
    n: "$record.n",
  };
  const stream = {
    window: "7d",
    request: "/{from}",
    for_each: { place: [{ name: "x" }] },
    records: "list",
    rows: { table: "t", each: "deep", columns },
  };
  const job = jobOf({ tables, params: { lang: {} }, stream });
  const body = { units: { t: "C" }, list: [{ n: 5, deep: [{ id: "1" }, { id: "2" }] }] };
  const extraction = extractBody(job, body, {
    window: windowOf("2025-01-01", "2025-01-08"),
    each: { place: { name: "Paris" } },
    params: { lang: "fr" },
    headers: { "x-left": "59" },
  });
  const row = {
    place: "Paris",
    unit: "C",
    limit_left: "59",
    day: "2025-01-01",
    last: "2025-01-07",
  };
  assertEquals(rowsOf(extraction, "t"), [
    { id: "1", ...row, lang: "fr", n: "5" },
    { id: "2", ...row, lang: "fr", n: "5" },
  ]);
});

Deno.test("extract() reads keyed records, and nested members with both names", () => {
  const tables = {
    rates: { key: ["day", "code"], columns: { day: "date", code: "text", rate: "numeric" } },
  };
  const stream = {
    records: { path: "rates", as: "entries" },
    record_date: "$key",
    rows: { table: "rates", each: "{}", columns: { day: "^$key", code: "$key", rate: "." } },
  };
  const body = { rates: { "2025-01-02": { USD: 1.5, EUR: 2 }, "2025-01-09": { USD: 1 } } };
  const extraction = extractBody(jobOf({ tables, stream }), body, {
    window: windowOf("2025-01-01", "2025-01-08"),
  });
  assertEquals(rowsOf(extraction, "rates"), [
    { day: "2025-01-02", code: "USD", rate: "1.5" },
    { day: "2025-01-02", code: "EUR", rate: "2" },
  ]);
  assertEquals(extraction.rejected.map(({ reason }) => reason), [
    "has the date 2025-01-09, which is outside its window 2025-01-01 .. 2025-01-07",
  ]);
});

Deno.test("extract() yields rows of scalars and of nested arrays", () => {
  const tables = { tags: { key: ["id", "tag"], columns: { id: "text", tag: "text" } } };
  const stream = { rows: { table: "tags", each: "tags", columns: { id: "^.id", tag: "." } } };
  const extraction = extractBody(jobOf({ tables, stream }), [{ id: 1, tags: ["a", "b", null] }]);
  assertEquals(rowsOf(extraction, "tags"), [{ id: "1", tag: "a" }, { id: "1", tag: "b" }]);
  assertEquals(extraction.rejected.map(({ column, record }) => ({ column, record })), [
    { column: "tag", record: 'null in {"id":1,"tags":["a","b",null]}' },
  ]);
  const pairs = { rows: { table: "tags", columns: { id: "[0]", tag: "[1]" } } };
  const rows = rowsOf(
    extractBody(jobOf({ tables, stream: pairs }), [["1", "a"], ["2", "b"]]),
    "tags",
  );
  assertEquals(rows, [{ id: "1", tag: "a" }, { id: "2", tag: "b" }]);
});

Deno.test("extract() rejects only the row that has no key or has a value that cannot be cast", () => {
  const { sets, rejected } = extractBody(jobOf({ tables: RACES, stream: NESTED_STREAM }), {
    races: [{
      id: 1,
      name: "x",
      runners: [{ horse: "a", place: "first" }, { horse: "" }, { horse: "b", place: "1" }],
    }],
  });
  assertEquals(sets.map(({ rows }) => rows), [[["1", "x"]], [["1", "b", "1", null]]]);
  const above = '{"id":1,"name":"x","runners":[{"horse":"a","place":"first"},{"horse":""},' +
    '{"horse":"b","place":"1"}]}';
  assertEquals(rejected, [
    {
      table: "runners",
      column: "place",
      reason: "is not a number",
      value: '"first"',
      record: `{"horse":"a","place":"first"} in ${above}`,
    },
    {
      table: "runners",
      column: "horse_id",
      reason: "is null, and the column is part of the primary key",
      value: "null",
      record: `{"horse":""} in ${above}`,
    },
  ]);
});

Deno.test("extract() keeps the rows of other tables when one table's value is rejected", () => {
  const tables = {
    a: { key: "id", columns: { id: "text", n: "integer" } },
    b: { key: "id", columns: { id: "text" } },
  };
  const stream = { rows: [{ table: "a" }, { table: "b", columns: { id: "id" } }] };
  const { sets, rejected } = extractBody(jobOf({ tables, stream }), [{ id: "1", n: "x" }]);
  assertEquals(sets.map(({ shape, rows }) => [shape.table, rows]), [["b", [["1"]]]]);
  assertEquals(rejected.map(({ table, column }) => [table, column]), [["a", "n"]]);
});

Deno.test("extract() rejects records outside their window, and those without a date", () => {
  const stream = { record_date: "day", rows: { table: "races", columns: { id: "id" } } };
  const job = jobOf({ tables: RACES, time_zone: "Europe/London", stream });
  const days = {
    a: "2025-10-13",
    b: "2025-10-12",
    c: "2025-10-12T23:30:00Z",
    d: "2025-10-14T00:00:00",
    e: 1760310000,
    f: 1760396400000,
    g: null,
    h: "2025-02-30",
  };
  const body = Object.entries(days).map(([id, day]) => ({ id, day }));
  const extraction = extractBody(job, body, { window: windowOf("2025-10-13", "2025-10-14") });
  assertEquals(rowsOf(extraction, "races").map(({ id }) => id), ["a", "c", "e"]);
  const outside = (date: string) => `has the date ${date}, which is outside its window 2025-10-13`;
  assertEquals(extraction.rejected.map(({ reason }) => reason), [
    outside("2025-10-12"),
    outside("2025-10-14"),
    outside("2025-10-14"),
    'has no date at "day"',
    'has "2025-02-30" at "day", which is not ISO 8601; declare its notation with "format" of record_date',
  ]);
  assertEquals(extractBody(job, body).rejected, []);
});

Deno.test("extract() accepts a date written as midnight UTC in its window, whatever the time zone of the job", () => {
  const stream = { record_date: "day", rows: { table: "races", columns: { id: "id" } } };
  const job = jobOf({ tables: RACES, time_zone: "America/New_York", stream });
  const days = {
    a: "2025-10-13T00:00:00Z",
    b: "2025-10-14T00:00:00Z",
    c: "2025-10-15T00:00:00Z",
    d: "2025-10-13T00:00:01Z",
    e: "2025-10-13T00:00:00+01:00",
  };
  const body = Object.entries(days).map(([id, day]) => ({ id, day }));
  const extraction = extractBody(job, body, { window: windowOf("2025-10-13", "2025-10-14") });
  assertEquals(rowsOf(extraction, "races").map(({ id }) => id), ["a", "b"]);
  assertEquals(extraction.rejected.map(({ reason }) => reason.slice(0, 23)), [
    "has the date 2025-10-14",
    "has the date 2025-10-12",
    "has the date 2025-10-12",
  ]);
});

Deno.test("extract() accepts a date without a time in every window of its day", () => {
  const stream = { record_date: "day", rows: { table: "races", columns: { id: "id" } } };
  const job = jobOf({ tables: RACES, stream });
  const from = Date.parse("2025-10-13T06:00Z") / 60_000;
  const { rejected } = extractBody(job, [{ id: 1, day: "2025-10-13" }], {
    window: { from, to: from + 60 },
  });
  assertEquals(rejected, []);
});

Deno.test("compileExtractor() names the column and table that cannot be compiled", () => {
  const compile = (columns: unknown) =>
    compileExtractor(jobOf({ tables: RACES, stream: { rows: { table: "races", columns } } }), "s");
  const wrong: [unknown, string][] = [
    [{ id: "a[" }, 'Cannot compile "races.id" of stream "s": Cannot read path "a["'],
    [{ id: "id", day: { path: "a", format: "clock" } }, '"clock" is not a format'],
    [{ id: "id", name: { path: "a", capture: "(" } }, 'Cannot compile "races.name"'],
    [{ id: "id", runners: { value: "x" } }, '"x" is not a number'],
    [{ id: "id", other: "a" }, 'Cannot map stream "s": "races" has no column "other"'],
    [{ name: "a" }, 'rows of "races" do not map every column of its key'],
  ];
  for (const [columns, message] of wrong) {
    const failure = assertThrows(() => compile(columns), Failure, message);
    assertEquals(failure.kind, "configuration");
  }
  const badEach = { rows: { table: "races", each: "a[", columns: { id: "id" } } };
  assertThrows(
    () => compileExtractor(jobOf({ tables: RACES, stream: badEach }), "s"),
    Failure,
    'Cannot compile "each" of stream "s": Cannot read path "a["',
  );
  assertThrows(
    () => compileExtractor(jobOf({ tables: RACES, stream: { rows: "races" } }), "x"),
    Failure,
  );
});

Deno.test("extract() evaluates a condition before the date and the kind of a record", () => {
  const rows = { table: "races", when: [{ path: "state", is: ["run"] }], columns: { id: "id" } };
  const job = jobOf({ tables: RACES, stream: { record_date: "day", rows } });
  const body = [
    { id: "a", state: "run", day: "2025-10-13" },
    { id: "b", state: "void" },
    { id: "c", state: "void", day: "1999-01-01" },
    null,
    "text",
    { id: "d", state: "run", day: "1999-01-01" },
  ];
  const { sets, rejected } = extractBody(job, body, {
    window: windowOf("2025-10-13", "2025-10-14"),
  });
  assertEquals(sets[0]!.rows, [["a"]]);
  assertEquals(rejected.map(({ reason }) => reason), [
    "has the date 1999-01-01, which is outside its window 2025-10-13",
  ]);
});

Deno.test("extract() skips null elements where a condition requires the element", () => {
  const rows = { table: "races", each: "races", when: ".", columns: { id: "id" } };
  const found = extractBody(jobOf({ tables: RACES, stream: { rows } }), [
    { races: [{ id: "a" }, null, { id: "b" }] },
  ]);
  assertEquals(found.sets[0]!.rows, [["a"], ["b"]]);
  assertEquals(found.rejected, []);
});

Deno.test("extract() drops records outside their window where the job declares it, but not those without a date", () => {
  const stream = {
    record_date: { path: "day", outside: "drop" },
    rows: { table: "races", columns: { id: "id" } },
  };
  const body = [{ id: "a", day: "2025-10-13" }, { id: "b", day: "2025-10-20" }, { id: "c" }];
  const { sets, rejected } = extractBody(jobOf({ tables: RACES, stream }), body, {
    window: windowOf("2025-10-13", "2025-10-14"),
  });
  assertEquals(sets[0]!.rows, [["a"]]);
  assertEquals(rejected.map(({ reason }) => reason), ['has no date at "day"']);
});

Deno.test("extract() yields rows of scalars that read only what is above them", () => {
  const rows = { table: "races", each: "tags", columns: { id: "^.id", title: "$index" } };
  const tables = { races: { key: ["id", "title"], columns: { id: "text", title: "text" } } };
  const found = extractBody(jobOf({ tables, stream: { rows } }), [{ id: "a", tags: ["x", 5] }]);
  assertEquals(found.sets[0]!.rows, [["a", "0"], ["a", "1"]]);
  assertEquals(found.rejected, []);
});
