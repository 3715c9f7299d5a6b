// APIs whose jobs were written from docs/config.md alone: pages that may be short until one is empty, a sync of added,
// modified and removed records, dates of different precision.
import { assertLoads } from "./strangers.ts";

const atHour = (hours: number) => Date.parse("2025-01-01T06:00:00Z") + hours * 3_600_000;

Deno.test("pages that may be short follow each other until one is empty (Strava)", async () => {
  const activities = [0, 11, 22, 33, 44, 55, 66].map((hours, at) => ({
    id: at + 1,
    name: `Run ${at}`,
    start_date: new Date(atHour(hours)).toISOString(),
    distance: 1000.5 + at,
    ...at % 2 === 0 ? {} : { average_heartrate: 140.1 },
  }));
  await assertLoads({
    job: `
job: strava
source: URL
tables:
  activities: { key: id, columns: { id: bigint, at: timestamptz, distance: numeric, heartrate: numeric } }
streams:
  activities:
    start: 2025-01-01
    window: 7d
    request: { path: /athlete/activities, query: { after: "{before|epoch}", before: "{to|epoch}" } }
    paging: { by: page, size_param: per_page, size: 3, more: { path: "[0]", not: [null] } }
    record_date: start_date
    rows:
      table: activities
      columns: { id: id, at: start_date, distance: distance, heartrate: average_heartrate }
`,
    answer: ({ searchParams }) => {
      const [after, before, page, size] = ["after", "before", "page", "per_page"]
        .map((name) => Number(searchParams.get(name)));
      const found = activities.filter(({ start_date }) =>
        Date.parse(start_date) / 1000 > after! && Date.parse(start_date) / 1000 < before!
      );
      // Private activities count for a page, but are left out.
      const shown = found.slice((page! - 1) * size!, page! * size!).filter(({ id }) => id !== 2);
      return Response.json(shown);
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-07",
    requests: 4,
    rows: {
      "SELECT id::int, heartrate::text FROM activities ORDER BY id": [1, 3, 4, 5, 6, 7].map((
        id,
      ) => [
        id,
        id % 2 === 0 ? "140.1" : null,
      ]),
    },
  });
});

const SYNC = {
  "": {
    added: [{ transaction_id: "a", amount: 1.5, date: "2025-01-01" }, {
      transaction_id: "b",
      amount: -2,
      date: "2025-01-02",
    }],
    modified: [],
    removed: [],
    next_cursor: "c1",
    has_more: true,
  },
  c1: {
    added: [{ transaction_id: "c", amount: 3, date: "2025-01-03" }],
    modified: [{ transaction_id: "a", amount: 1.75, date: "2025-01-01" }],
    removed: [{ transaction_id: "b", account_id: "z" }],
    next_cursor: "c2",
    has_more: false,
  },
  c2: { added: [], modified: [], removed: [], next_cursor: "c2", has_more: false },
};

Deno.test("a feed returns added, modified and removed records in lists of their own (Plaid)", () =>
  assertLoads({
    job: `
job: plaid
source: URL
tables:
  transactions: { key: id, columns: { id: text, amount: numeric, day: date, removed: boolean } }
streams:
  transactions:
    request:
      path: /transactions/sync
      method: POST
      body: { secret: "\${PLAID_SECRET}", cursor: "{since}", count: 500 }
    since: { cursor: next_cursor, more: has_more }
    records: { as: single }
    rows:
      - table: transactions
        each: "added[]"
        columns: { id: transaction_id, amount: amount, day: date, removed: { value: false } }
      - table: transactions
        each: "modified[]"
        columns: { id: transaction_id, amount: amount, day: date, removed: { value: false } }
      - table: transactions
        each: "removed[]"
        columns: { id: transaction_id, removed: { value: true } }
`,
    env: { PLAID_SECRET: "secret-of-plaid" },
    answer: async (_url, request) => {
      const { secret, cursor = "" } = await request.json();
      return secret === "secret-of-plaid"
        ? Response.json(SYNC[cursor as keyof typeof SYNC])
        : undefined;
    },
    run: "",
    requests: 2,
    rows: {
      "SELECT id, amount::text, removed FROM transactions ORDER BY id": [
        ["a", "1.75", false],
        ["b", "-2", true],
        ["c", "3", false],
      ],
    },
  }));

Deno.test("dates have a day, or only a month or a year (Crossref, ClinicalTrials.gov)", () => {
  const started = ["2024-05-06", "2024-05", null, "2024"];
  return assertLoads({
    job: `
job: trials
source: URL
tables: { studies: { key: id, columns: { id: text, updated: date, started: date } } }
streams:
  studies:
    start: 2025-01-01
    window: 7d
    request: { path: /studies, query: { query.term: "AREA[Updated]RANGE[{from},{last}]" } }
    paging: { by: cursor, cursor: nextPageToken, cursor_param: pageToken }
    total: totalCount
    records: studies
    record_date: updated
    rows:
      table: studies
      columns: { id: id, updated: updated, started: { path: start, format: ["%Y-%m-%d", "%Y-%m", "%Y"] } }
`,
    answer: ({ searchParams }) => {
      const range = "AREA[Updated]RANGE[2025-01-01,2025-01-07]";
      if (searchParams.get("query.term") !== range) return undefined;
      const studies = started.map((start, id) => ({ id, updated: `2025-01-0${id + 1}`, start }));
      return searchParams.get("pageToken") === null
        ? Response.json({ totalCount: 4, studies: studies.slice(0, 2), nextPageToken: "2" })
        : Response.json({ studies: studies.slice(2) });
    },
    run: "--start-date 2025-01-01 --end-date 2025-01-07",
    rows: {
      "SELECT id, started::text FROM studies ORDER BY id": [
        ["0", "2024-05-06"],
        ["1", "2024-05-01"],
        ["2", null],
        ["3", "2024-01-01"],
      ],
    },
  });
});
