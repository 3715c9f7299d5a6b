// Makes each change that docs/changing.md describes to a job whose first three days are done, and compares
// what the next resumed run requests and what the table holds. A row of the page without a test here fails, and
// so does a test without a row.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { Failure } from "../../lib/failure.ts";
import { openWorld, type Ran, type World } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";
import { readPage } from "./pages.ts";

/** The job before the change; `URL` stands for the server. */
const JOB = `job: weather
start: 2025-01-01
source: URL
tables:
  readings:
    key: id
    columns: { id: text, value: numeric }
streams:
  readings:
    window: { max: 1d }
    for_each: { place: [{ id: a }] }
    request: { path: "/{each.place.id}", query: { date: "{from}", end: "{to}" } }
    records: data
    rows: readings
`;

/** What the run after a change did. */
interface After {
  readonly ran: Ran;
  readonly world: World;
  /** The windows that were requested, as place and first date. */
  readonly requested: readonly string[];
}

/** A change and what must hold after it. */
interface Change {
  readonly from: string | RegExp;
  readonly to: string;
  /** The command line of the second run; by default it resumes the same three days. */
  readonly argv?: string;
  readonly holds: (after: After) => Promise<void> | void;
}

const DAYS = ["a 2025-01-01", "a 2025-01-02", "a 2025-01-03"];

const fetchesNothing = ({ ran, requested }: After) => {
  assertEquals([ran.summary.outcome, requested], ["done", []]);
};
const fetchesAll = ({ ran, requested }: After) => {
  assertEquals([ran.summary.outcome, requested], ["done", DAYS]);
  assertEquals(ran.summary.rows.readings, { inserted: 0, updated: 0, unchanged: 3 });
};
const stopsWith = (hint: string) => ({ ran, requested }: After) => {
  assertEquals([ran.summary.outcome, requested], ["failed", []]);
  assertStringIncludes(ran.error instanceof Failure ? ran.error.hint ?? "" : "", hint);
};

/** Changes by the first column of the page's table. */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  "add a column": [{
    from: "value: numeric",
    to: "value: numeric, region: text",
    holds: async (after) => {
      fetchesNothing(after);
      const regions = await after.world.query("SELECT DISTINCT region FROM readings");
      assertEquals(regions, [{ region: null }]);
      await after.world.backfill("--start-date 2025-01-01 --end-date 2025-01-03");
      const filled = await after.world.query("SELECT DISTINCT region FROM readings");
      assertEquals(filled, [{ region: "north" }]);
    },
  }],
  "remove a column": [{
    from: ", value: numeric",
    to: "",
    argv: "--start-date 2025-01-03 --end-date 2025-01-04",
    holds: async ({ world }) => {
      const rows = await world.query(
        "SELECT id, value::text FROM readings WHERE id > 'a 2025-01-02'",
      );
      assertEquals(rows.map(({ value }) => value), ["1", null]);
    },
  }],
  "change a column's type": [
    { from: "value: numeric", to: "value: integer", holds: fetchesNothing },
    { from: "value: numeric", to: "value: text", holds: stopsWith("ALTER TABLE") },
  ],
  "change a table's key": [{
    from: "key: id",
    to: "key: [id, value]",
    holds: stopsWith("CREATE UNIQUE INDEX"),
  }],
  "rename a table": [{
    from: /^( {2}| {4}rows: )readings(:\n {4}key|\n$)/gm,
    to: "$1measured$2",
    holds: async (after) => {
      fetchesNothing(after);
      assertEquals(await after.world.query("SELECT * FROM measured"), []);
    },
  }],
  "change a path, a value step or the merge policy": [{
    from: "rows: readings",
    to: "rows: { table: readings, columns: { id: id, value: other } }",
    holds: async (after) => {
      fetchesNothing(after);
      const values = await after.world.query("SELECT DISTINCT value::text FROM readings");
      assertEquals(values, [{ value: "1" }]);
    },
  }],
  "set an earlier `start`": [{
    from: "start: 2025-01-01",
    to: "start: 2024-12-30",
    argv: "--resume --start-date 2024-12-30 --end-date 2025-01-03",
    holds: ({ requested }) => assertEquals(requested, ["a 2024-12-30", "a 2024-12-31"]),
  }],
  "set a later `start`": [{
    from: "start: 2025-01-01",
    to: "start: 2025-01-03",
    holds: async (after) => {
      fetchesNothing(after);
      const days = await after.world.query("SELECT count(*)::int AS days FROM readings");
      assertEquals(days, [{ days: 3 }]);
    },
  }],
  "change `window`": [{ from: "window: { max: 1d }", to: "window: 2d", holds: fetchesNothing }],
  "change `settle`": [{
    from: "window: { max: 1d }",
    to: "window: { max: 1d }\n    settle: 3650d",
    holds: fetchesNothing,
  }],
  "change `time_zone`": [{
    from: "start: 2025-01-01",
    to: "start: 2025-01-01\ntime_zone: America/New_York",
    holds: fetchesNothing,
  }],
  "use a param that has no value in the request": [{
    from: /^source([^]*)end: /m,
    to: `params: { region: {} }\nsource$1region: "{params.region}", end: `,
    holds: fetchesNothing,
  }],
  "use a param that has a value in the request": [{
    from: /^source([^]*)end: /m,
    to: `params: { region: { default: north } }\nsource$1region: "{params.region}", end: `,
    holds: fetchesAll,
  }],
  "add a value to `for_each`": [{
    from: "[{ id: a }]",
    to: "[{ id: a }, { id: b }]",
    holds: ({ requested }) => assertEquals(requested, DAYS.map((day) => day.replace("a", "b"))),
  }],
  "add a field to a `for_each` value": [{
    from: "{ id: a }",
    to: "{ id: a, name: A }",
    holds: fetchesAll,
  }],
  "rename a stream": [{
    from: /^ {2}readings:(?=\n {4}window)/m,
    to: "  renamed:",
    holds: fetchesAll,
  }],
  "rename the job": [{ from: "job: weather", to: "job: climate", holds: fetchesAll }],
  "change the URL, limits, paging or credentials": [{
    from: /source: (.*)/,
    to: "source: { url: $1/v2, limits: 100/s, headers: { X-Account: second } }",
    holds: fetchesNothing,
  }],
};

for (const [what, changes] of Object.entries(CHANGES)) {
  Deno.test(`docs/changing.md is right when you ${what}`, async () => {
    for (const change of changes) await make(change);
  });
}

async function make({ from, to, argv, holds }: Change): Promise<void> {
  let requested: string[] = [];
  await using server = serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    const id = `${pathname.slice(-1)} ${searchParams.get("date")}`;
    requested.push(id);
    return Response.json({ data: [{ id, value: 1, other: 2, region: "north" }] });
  });
  const before = JOB.replace("URL", server.url);
  await using world = await openWorld({ job: before });
  await world.backfill("--start-date 2025-01-01 --end-date 2025-01-03");
  assertEquals(requested, DAYS);
  requested = [];
  const after = before.replace(from, to);
  assertEquals(after === before, false, "the change changes nothing");
  world.job = await readJob("job.yaml", { readText: () => after, env: () => undefined });
  const ran = await world.backfill(
    argv ?? "--resume --start-date 2025-01-01 --end-date 2025-01-03",
  );
  await holds({ ran, world, requested: requested.toSorted() });
}

Deno.test("a record that vanished from the API stays in the table when its window is fetched again", async () => {
  let ids = ["a", "b"];
  await using server = serve(() => Response.json({ data: ids.map((id) => ({ id, value: 1 })) }));
  await using world = await openWorld({ job: JOB.replace("URL", server.url) });
  const range = "--start-date 2025-01-01 --end-date 2025-01-01";
  await world.backfill(range);
  ids = ["b"];
  await world.backfill(range);
  assertEquals(await world.query("SELECT id FROM readings ORDER BY id"), [{ id: "a" }, {
    id: "b",
  }]);
});

Deno.test("docs/changing.md has a row for each change that is tested, and for no other", () => {
  const rows = [...readPage("docs/changing.md").matchAll(/^\| (.+?) +\|/gm)].map((match) =>
    match[1]!
  );
  assertEquals(rows.slice(2), Object.keys(CHANGES));
});
