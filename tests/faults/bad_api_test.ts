// What an API may do wrong, and what follows: rows, errors and the exit code. Single exchanges (resets, bombs,
// charsets, redirects, loops) are tested in tests/fetch; here whole runs are tested. A bad record or window affects
// only itself, and both are fetched again.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatDay } from "../../lib/plan/time/civil.ts";
import { Failure } from "../../lib/failure.ts";
import { type Bench, openBench } from "./in_process.ts";
import {
  type Asked,
  daysOf,
  type MeterApi,
  meterJob,
  PAGE_SIZE,
  type Reading,
  readingsOf,
  startMeters,
  tablesOf,
} from "./meter_api.ts";

const [FIRST, LAST] = ["2024-01-01", "2024-01-14"];
const DAYS = daysOf(FIRST, "2024-01-15");
/** A day of more than one page. */
const BAD_DAY = DAYS.find((day) => readingsOf(day).length > PAGE_SIZE)!;
type Tables = Record<string, unknown[]>;

/** The tables without some readings of the bad day. */
function tablesWithout(ids: readonly string[]): Tables {
  const tables = tablesOf(DAYS) as { readings: { id: string }[]; meters: unknown[] };
  return { ...tables, readings: tables.readings.filter(({ id }) => !ids.includes(id)) };
}

/** Changes one reading of the bad day. */
function spoilOne(change: (reading: Reading) => unknown): (asked: Asked) => unknown {
  return ({ from, skip, page }) => {
    if (from !== BAD_DAY || skip > 0) return undefined;
    const { total, readings } = page();
    return { total, readings: readings.map((reading, at) => at === 3 ? change(reading) : reading) };
  };
}

const SPOILT = `${BAD_DAY}/3`;

/** The API responds correctly again, and what failed is fetched and loaded. */
async function assertHeals(bench: Bench, api: MeterApi): Promise<void> {
  api.spoil = () => undefined;
  const before = api.asked.length;
  const { summary } = await bench.run(FIRST, LAST, { resume: true });
  assertEquals([summary.outcome, await bench.retryEntries()], ["done", []]);
  const asked = new Set(api.asked.slice(before).map(({ from }) => from));
  assertEquals([...asked], [BAD_DAY]);
  assertEquals(await bench.rows(), tablesOf(DAYS) as Tables);
}

/** A reading with one changed value, and the reason of its rejection. */
const BAD_RECORDS: Record<string, { change: (r: Reading) => unknown; says: string[] }> = {
  "a number beyond int4": {
    change: (reading) => ({ ...reading, count: 3_000_000_000 }),
    says: ["readings", "count", "3000000000"],
  },
  "a date that does not exist": {
    change: (reading) => ({ ...reading, taken_at: "2025-02-30T10:00:00Z" }),
    says: ["readings", "taken_at", "2025-02-30"],
  },
  "a NUL in a string": {
    change: (reading) => ({ ...reading, note: "a\0b" }),
    says: ["readings", "note", "NUL"],
  },
  "half a surrogate pair in a string": {
    change: (reading) => ({ ...reading, note: "a\ud800b" }),
    says: ["readings", "note", "surrogate"],
  },
  "a NUL deep in a JSON value": {
    change: (reading) => ({ ...reading, raw: { a: [{ "b\0": 1 }] } }),
    says: ["readings", "raw", "NUL"],
  },
  "no key": { change: ({ id: _, ...reading }) => reading, says: ["readings", "id", "key"] },
  "a key of 10 MB": {
    change: (reading) => ({ ...reading, id: "k".repeat(10_000_000) }),
    says: ["readings", "id", "bytes"],
  },
  "null where a record should be": { change: () => null, says: ["null"] },
  "a string where a record should be": { change: () => "reading", says: ["string"] },
  "a list where a record should be": { change: (reading) => [reading], says: ["list"] },
  "a date outside the window": {
    change: (reading) => ({ ...reading, day: "2023-06-01" }),
    says: ["outside its window", "2023-06-01"],
  },
  "no date at all": { change: ({ day: _, ...reading }) => reading, says: ["date"] },
  "a hundred thousand nested brackets": {
    change: (reading) => ({ ...reading, raw: nested(100_000) }),
    says: ["readings", "raw", "nested"],
  },
  "a key of a hundred thousand nested brackets": {
    change: (reading) => ({ ...reading, id: nested(100_000) }),
    says: ["readings", "id"],
  },
  "a hundred thousand nested brackets where a record should be": {
    change: () => nested(100_000),
    says: ["is an array, not an object"],
  },
};

/** JSON of so many nested lists; the value cannot be created by JSON.stringify, which recurses. */
const NESTED = "\u0001NESTED\u0001";
function nested(_levels: number): string {
  return NESTED;
}

/** As the API would send it. */
function sent(answer: unknown): unknown {
  if (answer === undefined) return undefined;
  const json = JSON.stringify(answer);
  const quoted = JSON.stringify(NESTED);
  const body = json.replace(quoted, "[".repeat(100_000) + "]".repeat(100_000));
  return new Response(body, { headers: { "content-type": "application/json" } });
}

for (const [what, { change, says }] of Object.entries(BAD_RECORDS)) {
  Deno.test(`backfill() loads all other records of a window with ${what}, and records that one as rejected`, async () => {
    const spoil = spoilOne(change);
    await using api = startMeters((asked) => sent(spoil(asked)));
    await using bench = await openBench(meterJob(api.url));
    const { summary, error } = await bench.run(FIRST, LAST);
    assertEquals([summary.outcome, summary.ok, error], ["failed", false, undefined]);
    assertEquals([summary.windows.done, summary.windows.failed], [DAYS.length, 0]);
    assert(summary.rejected >= 1, "nothing was rejected");
    assertEquals((await bench.rows()).readings, tablesWithout([SPOILT]).readings);
    const [entry, ...others] = await bench.retryEntries();
    assertEquals([entry!.kind, others], ["rejected", []]);
    assertEquals(formatDay(entry!.window!.from), BAD_DAY);
    const kept = JSON.stringify(entry!.rejected);
    assert(kept.length < 20_000, `${kept.length} characters are kept`);
    for (const text of says) assertStringIncludes(kept, text);
    await assertHeals(bench, api);
  });
}

Deno.test("backfill() loads a field of 10 MB unchanged", async () => {
  const note = "ü".repeat(5_000_000);
  await using api = startMeters(spoilOne((reading) => ({ ...reading, note })));
  await using bench = await openBench(meterJob(api.url));
  const { summary } = await bench.run(FIRST, LAST);
  assertEquals(summary.outcome, "done");
  const sql = `SELECT length(note), md5(note) = md5(repeat('ü', 5000000)) FROM readings
WHERE id = '${SPOILT}'`;
  assertEquals((await bench.target.query(sql)).rows, [[5_000_000, true]]);
});

Deno.test("backfill() rejects a row without its parent when an object is null, and no other", async () => {
  await using api = startMeters(spoilOne((reading) => ({ ...reading, meter: null })));
  await using bench = await openBench(meterJob(api.url));
  const { summary } = await bench.run(FIRST, LAST);
  assertEquals([summary.outcome, summary.rejected], ["failed", 1]);
  // The meter has no key, so there is no row of it; the reading is there, without its meter.
  const readings = (await bench.rows()).readings as { id: string; meter_id: unknown }[];
  assertEquals(readings.length, tablesOf(DAYS).readings!.length);
  assertEquals(readings.find(({ id }) => id === SPOILT)!.meter_id, null);
  const [{ rejected } = { rejected: [] }] = await bench.retryEntries();
  assertEquals([rejected[0]?.table, rejected[0]?.column], ["meters", "id"]);
  await assertHeals(bench, api);
});

function json(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json" } });
}

/** Responses that break the window of one day. */
const BAD_WINDOWS: Record<string, { answer: (asked: Asked) => unknown; says: string }> = {
  "404": { answer: () => new Response("gone", { status: 404 }), says: "status 404" },
  "500 every time": {
    answer: () => new Response("oops", { status: 500 }),
    says: 'status 500, "oops" in 3 attempts',
  },
  "JSON that is cut off": {
    answer: () => new Response('{"total": 3, "readings": [{"id": 1'),
    says: "Cannot read",
  },
  "12 KB of lists nested 6,000 deep": {
    answer: () => json(`${"[".repeat(6000)}${"]".repeat(6000)}`),
    says: "Cannot read records: expected an array",
  },
  "a number nested 100,000 deep that a float would round": {
    answer: () => json(`${"[".repeat(100_000)}1.10${"]".repeat(100_000)}`),
    says: "Cannot read records: expected an array",
  },
  "another shape": { answer: () => ({ data: [] }), says: "Cannot read records: expected an array" },
  "a total that grows with every page": {
    answer: ({ number, page }) => ({ ...page(), total: page().total + number }),
    says: "total",
  },
  "fewer records than the total says": {
    answer: ({ page }) => ({ ...page(), total: page().total + 1 }),
    says: "29 of 30 records",
  },
  "the first page again and again": {
    answer: ({ from, to }) => {
      const readings = daysOf(from, to).flatMap(readingsOf);
      return { total: readings.length, readings: readings.slice(0, PAGE_SIZE) };
    },
    says: "Cannot read the complete window",
  },
  "an empty page in the middle": {
    answer: ({ skip, page }) => skip === 0 ? undefined : { ...page(), readings: [] },
    says: "Cannot read the complete window",
  },
};

for (const [what, { answer, says }] of Object.entries(BAD_WINDOWS)) {
  Deno.test(`backfill() loads all other windows when one gets ${what}, and records that one for --resume`, async () => {
    await using api = startMeters((asked) => asked.from === BAD_DAY ? answer(asked) : undefined);
    await using bench = await openBench(meterJob(api.url));
    const { summary, error } = await bench.run(FIRST, LAST);
    assertEquals([summary.outcome, error], ["failed", undefined]);
    assertEquals([summary.windows.done, summary.windows.failed], [DAYS.length - 1, 1]);
    const [entry, ...others] = await bench.retryEntries();
    assertEquals([entry!.kind, others], ["failed", []]);
    assertStringIncludes(entry!.reason, says);
    const others_ = tablesOf(DAYS.filter((day) => day !== BAD_DAY)).readings!;
    const rows = (await bench.rows()).readings as { day: string }[];
    assertEquals(rows.filter(({ day }) => day !== BAD_DAY), others_ as typeof rows);
    await assertHeals(bench, api);
  });
}

Deno.test("backfill() writes a record once when the API sends it on two pages", async () => {
  await using api = startMeters(({ from, skip, page }) => {
    if (from !== BAD_DAY || skip === 0) return undefined;
    // Something was added before: the last record of the first page comes again.
    const { total, readings } = page();
    return { total, readings: [readingsOf(from)[skip - 1], ...readings.slice(1)] };
  });
  await using bench = await openBench(meterJob(api.url));
  const { summary } = await bench.run(FIRST, LAST);
  assertEquals(summary.outcome, "done");
  const missing = readingsOf(BAD_DAY).filter((_, at) => at > 0 && at % PAGE_SIZE === 0);
  assertEquals((await bench.rows()).readings, tablesWithout(missing.map(({ id }) => id)).readings);
});

Deno.test("backfill() counts different records with one key within a response, but not equal ones", async () => {
  const withLast = (last: (first: Reading) => Reading) =>
    startMeters(({ from, skip, page }) => {
      if (from !== BAD_DAY || skip > 0) return undefined;
      const { total, readings } = page();
      return { total, readings: [...readings.slice(0, -1), last(readings[0]!)] };
    });
  for (const [note, replaced] of [["another", 1], [undefined, 0]] as const) {
    await using api = withLast((first) => note === undefined ? first : { ...first, note });
    await using bench = await openBench(meterJob(api.url));
    const { summary } = await bench.run(FIRST, LAST);
    assertEquals([summary.outcome, summary.replaced], ["done", replaced]);
  }
});

Deno.test("backfill() stops at once and names the variables when credentials are revoked during a run", async () => {
  await using api = startMeters(({ number }) =>
    number > 12 ? new Response('{"detail": "no"}', { status: 401 }) : undefined
  );
  await using bench = await openBench(meterJob(api.url, { source: "  concurrency: 2" }));
  const { summary, error } = await bench.run(FIRST, LAST);
  assert(error instanceof Failure);
  assertEquals([summary.outcome, error.kind], ["failed", "refused"]);
  assertStringIncludes(error.message, "status 401");
  assertStringIncludes(error.hint!, "METER_PASSWORD");
  assert(api.asked.length <= 12 + 3, `${api.asked.length} requests were sent`);
  api.spoil = () => undefined;
  const resumed = await bench.run(FIRST, LAST, { resume: true });
  assertEquals(resumed.summary.outcome, "done");
  assertEquals(await bench.rows(), tablesOf(DAYS) as Tables);
});

Deno.test("backfill() stops after ten windows in a row and keeps them when the API refuses each with an error", async () => {
  await using api = startMeters(() => new Response("no", { status: 500 }));
  await using bench = await openBench(meterJob(api.url));
  const { summary, error } = await bench.run("2020-01-01", "2023-12-31");
  assert(error instanceof Failure);
  assertStringIncludes(error.message, "10 windows in a row failed");
  assertEquals(summary.outcome, "failed");
  assert(summary.windows.failed >= 10 && summary.windows.failed < 20, `${summary.windows.failed}`);
  assertEquals((await bench.retryEntries()).length, summary.windows.failed);
});

Deno.test("backfill() misses nothing when the clock is set back between two runs", async () => {
  await using api = startMeters();
  await using bench = await openBench(meterJob(api.url, { stream: "    settle: 3d" }));
  const at = (day: string) => ({ resume: true, nowMs: Date.parse(`${day}T12:00:00Z`) });
  assertEquals((await bench.run(FIRST, "2024-01-10", at("2024-01-11"))).summary.outcome, "done");
  // Five days back: what was final stays final, and nothing else becomes final.
  assertEquals((await bench.run(FIRST, LAST, at("2024-01-06"))).summary.outcome, "done");
  const before = api.asked.length;
  assertEquals((await bench.run(FIRST, LAST, at("2024-02-01"))).summary.outcome, "done");
  const again = new Set(api.asked.slice(before).map(({ from }) => from));
  assertEquals([...again].sort(), daysOf("2024-01-08", "2024-01-15"));
  assertEquals(await bench.rows(), tablesOf(DAYS) as Tables);
});

Deno.test("backfill() requests each hour of a clock-change day once", async () => {
  for (const [first, last] of [["2024-03-30", "2024-04-01"], ["2024-10-26", "2024-10-28"]]) {
    await using api = startMeters(({ from, to }) => {
      const readings: Reading[] = [];
      for (let at = Date.parse(from); at < Date.parse(to); at += 1_800_000) {
        const taken_at = new Date(at).toISOString();
        readings.push({ ...readingsOf(BAD_DAY)[0]!, id: taken_at, taken_at, day: taken_at });
      }
      return { total: readings.length, readings };
    });
    const job = meterJob(api.url)
      .replace("job: meters", "job: meters\ntime_zone: Europe/London")
      .replace("window: day", "window: 6h")
      .replace('from: "{from}", to: "{to}"', 'from: "{from|instant}", to: "{to|instant}"')
      .replace(/paging: .*/, "");
    await using bench = await openBench(job);
    const { summary } = await bench.run(first!, last!);
    assertEquals(summary.outcome, "done", JSON.stringify(await bench.retryEntries()));
    const asked = api.asked.map(({ from, to }) => [from, to]).sort();
    for (const [at, [from]] of asked.entries()) {
      if (at > 0) assertEquals(from, asked[at - 1]![1], "windows must meet");
    }
    const hours = (Date.parse(asked.at(-1)![1]!) - Date.parse(asked[0]![0]!)) / 3_600_000;
    const rows = (await bench.rows()).readings!.length;
    assertEquals(rows, hours * 2);
    assertEquals(hours, 72 + (first === "2024-03-30" ? -1 : 1));
  }
});
