// The reference card of the scripts that Hindcast replaces, line by line: each line is a test with its
// name. If another test file covers a line in depth, a comment names it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "node:path";
import { refusal } from "../../lib/sandbox/reply.ts";
import { REPOSITORY } from "../support/repository.ts";
import { type Commands, onlyJson, setupCommands } from "./commands.ts";
import { type Journey, racingJob, type Ran, setup } from "./setup.ts";

const DAY = "--start-date 2025-09-01 --end-date 2025-09-01";

// every_record_test.ts
Deno.test("card: complete backfill from a date, masters and events", async () => {
  await using journey = await setup({ now: "2023-01-25T12:00:00Z" });
  const ran = await journey.backfill("--start-date 2023-01-20");
  assertEquals([ran.error, ran.summary.ok], [undefined, true]);
  assertEquals(endpointsOf(ran.asked.slice(0, 2)), ["courses", "courses/regions"]);
  assertEquals(endpointsOf(ran.asked.slice(2)), ["racecards/pro", "results"]);
  assertEquals((await journey.knows("results")).coverage, [["2023-01-20", "2023-01-25"]]);
  assertEquals((await journey.knows("racecards")).coverage, [["2023-01-23", "2023-01-25"]]);
});

// resume_test.ts
Deno.test("card: resume after interruption, also without the masters", async () => {
  await using journey = await setup();
  const stop = { seen: (_: string, stop: AbortController) => stop.abort() };
  const first = await journey.backfill("--start-date 2025-09-01 --end-date 2025-09-03", stop);
  assertEquals(first.summary.outcome, "interrupted");
  const second = await journey.backfill("--resume --skip-masters");
  assertEquals([second.summary.ok, endpointsOf(second.asked)], [true, [
    "racecards/pro",
    "results",
  ]]);
  const third = await journey.backfill("--resume");
  assertEquals([third.summary.ok, endpointsOf(third.asked).includes("results")], [true, false]);
});

// output_test.ts
Deno.test("card: check status and dry run, without a request", async () => {
  await using commands = await setupCommands();
  const status = await commands.run("backfill --check-status --start-date 2015-01-01");
  assertEquals(status.code, 0);
  assertMatch(status.stdout, /^results +2015-01-01 \.\. \d{4}-\d\d-\d\d +\d+ +0 +\d+ +[\d,]+ /m);
  assertMatch(status.stdout, /^left: about [\d,]+ requests, [\d,]+ rows, .+ at the allowed rate$/m);

  const plan = await commands.run(`backfill --dry-run ${DAY} --region-codes gb ire`);
  assertEquals(plan.code, 0);
  assertStringIncludes(plan.stdout, "stage 1: bookmakers, regions, courses\n");
  assertStringIncludes(plan.stdout, "stage 2: racecards, results\n");
  assertMatch(
    plan.stdout,
    /GET \S+\/v1\/results\?start_date=2025-09-01&end_date=2025-09-01&region=gb/,
  );
  assertStringIncludes(plan.stdout, "authorization: Basic ***");
  assertStringIncludes(plan.stdout, 'CREATE TABLE IF NOT EXISTS "ra_runners"');
  assert(!plan.stdout.includes(btoa("sandbox:sandbox-password-1")));
  assertEquals(commands.sandbox.counts.requests, 0);
});

Deno.test("card: events only, masters only, a range, one of the two endpoints", async () => {
  await using commands = await setupCommands();
  const { byPath } = commands.sandbox.counts;
  const asked = async (line: string) => {
    const before = { ...byPath };
    const { code, stderr } = await commands.run(line);
    assertEquals([code, stderr], [0, ""], line);
    return Object.keys(byPath).filter((path) => byPath[path] !== before[path]).toSorted();
  };
  assertEquals(await asked("backfill:masters"), ["/v1/courses", "/v1/courses/regions"]);
  assertEquals(await asked(`backfill:events ${DAY}`), ["/v1/racecards/pro", "/v1/results"]);
  assertEquals(await asked(`backfill:events --no-racecards ${DAY}`), ["/v1/results"]);
  assertEquals(await asked(`backfill:events --no-results ${DAY}`), ["/v1/racecards/pro"]);
});

// regions_test.ts
Deno.test("card: --region-codes gb ire", async () => {
  await using journey = await setup();
  const { asked } = await journey.backfill(`--skip-masters --region-codes gb ire ${DAY}`);
  assertEquals(asked.map((path) => /(&region\w*=\w+)+/.exec(path)![0]).toSorted(), [
    "&region=gb&region=ire",
    "&region_codes=gb&region_codes=ire",
  ]);
});

// ../tasks/estimates_page_test.ts
Deno.test("card: time estimates of a day, a month, a year and 2015 to now", async () => {
  await using journey = await setup({ job: (job) => job });
  const job = await racingJob(journey.sandbox);
  journey.job = job;
  const seconds: number[] = [];
  for (const start of ["2025-10-19", "2025-09-20", "2024-10-20", "2015-01-01"]) {
    const survey = await journey.survey(`--start-date ${start} --end-date 2025-10-19`);
    const events = survey.streams.racecards!.requests + survey.streams.results!.requests;
    assertEquals(survey.seconds, events / 2 + 1);
    seconds.push(survey.seconds);
  }
  assertEquals(seconds, seconds.toSorted((a, b) => a - b));
  assert(seconds[3]! < 1500);
});

Deno.test("card: screen, tmux and nohup: a run outlives its terminal and prints plain lines", async () => {
  await using commands = await setupCommands({ latencyMs: 100 });
  const range = "--only racecards --start-date 2025-09-01 --end-date 2025-09-04";
  const log = commands.folder.file("nohup.out");
  const script = `exec nohup "${Deno.execPath()}" task --quiet backfill ${range} >"${log}" 2>&1`;
  const child = new Deno.Command("sh", {
    args: ["-c", script],
    cwd: REPOSITORY,
    env: commands.env,
    stdin: "null",
    detached: true,
  }).spawn();
  const ended = child.status;
  const isOver = ended.then(() => true);
  while (commands.sandbox.counts.requests === 0) {
    if (await Promise.race([isOver, delay(20)])) throw new Error(Deno.readTextFileSync(log));
  }
  Deno.kill(-child.pid, "SIGHUP"); // to the whole process group, as a terminal that closes does
  const { code, signal } = await ended;
  const text = Deno.readTextFileSync(log);
  assertEquals([code, signal], [0, null], text);
  assertMatch(text, /^done: 4 of 4 windows, 4 requests, /m);
  assert(!text.includes("\x1b"));
});

// output_test.ts looks into the files
Deno.test("card: inspect checkpoint, logs and errors", async () => {
  await using journey = await setup({
    sandbox: {
      intercept: ({ url }) =>
        url.search.includes("date=2025-09-02") ? refusal(422, "No such day") : undefined,
    },
  });
  await journey.backfill("--only racecards --start-date 2025-09-01 --end-date 2025-09-03");
  await using commands = await commandsOn(journey);
  const status = await commands.run("status --only racecards");
  assertEquals(/^bookmakers$/m.test(status.stdout), false);
  assertMatch(status.stdout, /coverage +2025-09-01, 2025-09-03$/m);
  assertMatch(status.stdout, /gaps +2025-09-02$/m);
  assertMatch(status.stdout, /failed +2025-09-02: .*422/m);
  assertStringIncludes(status.stdout, "next   deno task backfill --resume");
  const errors = await commands.run("errors");
  assertMatch(errors.stdout, /^racecards 2025-09-02 +failed at .*422/m);
  assertStringIncludes(errors.stdout, "next   deno task backfill --resume");
});

// ../verify/ and ../cli/verify_test.ts
Deno.test("card: verification queries, and those of the design run unchanged", async () => {
  await using journey = await setup();
  await journey.backfill("--start-date 2025-10-01 --end-date 2025-10-02");
  const { target } = journey.stores;
  const { checks } = journey.job;
  for (const [name, sql] of Object.entries(DESIGN_QUERIES)) {
    const { rows } = await target.query(sql);
    assert(rows.length > 0, name);
    assertEquals(rows, (await target.query(checks[name]!.sql)).rows);
  }
  assert(Object.keys(checks).length >= 8);
  await using commands = await commandsOn(journey);
  const verified = await commands.run("verify");
  assertEquals([verified.code, verified.stderr], [0, ""]);
  assertMatch(verified.stdout, /^PASS +counts: /m);
  await target.query("INSERT INTO ra_runners (race_id, horse_id) VALUES ('rac_0', 'hrs_0')");
  const { ok } = onlyJson(await commands.run("verify --json"));
  assertEquals(ok, false);
});

const DESIGN_QUERIES = {
  counts:
    `SELECT (SELECT COUNT(*) FROM ra_races) AS races, (SELECT COUNT(*) FROM ra_runners) AS runners,
       (SELECT COUNT(*) FROM ra_mst_horses) AS horses;`,
  races_by_year: `SELECT DATE_TRUNC('year', date::date) AS year, COUNT(*) AS races FROM ra_races
 WHERE date >= '2015-01-01' GROUP BY year ORDER BY year;`,
  races_with_runners:
    `SELECT COUNT(DISTINCT r.id) AS total_races, COUNT(DISTINCT ru.race_id) AS races_with_runners
  FROM ra_races r LEFT JOIN ra_runners ru ON r.id = ru.race_id;`,
};

// ../cli/doctor_test.ts
Deno.test("card: troubleshooting: doctor prints what is wrong, errors print the next command", async () => {
  await using commands = await setupCommands();
  const env = { RACING_API_PASSWORD: "wrong" };
  const wrong = await commands.run("doctor", { env });
  assertEquals(wrong.code, 1);
  assertMatch(wrong.stdout, /^problem +api /m);
  assertStringIncludes(wrong.stdout, "RACING_API_PASSWORD");
  const refused = await commands.run(`backfill ${DAY}`, { env });
  assertMatch(refused.stderr, /^hint: .*RACING_API_PASSWORD/m);
});

// ../cli/cron_test.ts
Deno.test("card: daily update, with dates such as today, yesterday and -7d", async () => {
  await using journey = await setup({ now: "2025-10-20T12:00:00Z" });
  const asked = async (argv: string) => {
    const ran = await journey.backfill(`--group events --no-results ${argv}`);
    return ran.asked.map((path) => /date=([\d-]+)/.exec(path)![1]).toSorted();
  };
  assertEquals(await asked("--start-date yesterday"), ["2025-10-19", "2025-10-20"]);
  assertEquals(await asked("--start-date today"), ["2025-10-20"]);
  assertEquals(await asked("--start-date -7d --end-date -6d"), ["2025-10-13", "2025-10-14"]);
  const { tasks } = JSON.parse(await Deno.readTextFile(join(REPOSITORY, "deno.json")));
  assert("cron" in tasks);
});

// ../fetch/limiter_test.ts proves it to the millisecond; here the machine's load may shift an arrival.
Deno.test("card: 2 requests a second, over all streams together", async () => {
  await using journey = await setup({ sandbox: { limit: 3, limitKind: "slidingLog" } });
  journey.job = await racingJob(journey.sandbox);
  assertEquals(
    journey.job.source.limits.map(({ requests, intervalMs }) => [requests, intervalMs]),
    [
      [2, 1000],
    ],
  );
  const ran = await journey.backfill("--start-date 2025-09-01 --end-date 2025-09-04");
  assertEquals([ran.summary.ok, ran.summary.refused, ran.summary.retries], [true, 0, 0]);
  assert(ran.summary.requests >= 8);
});

Deno.test("card: every table of the design, with its key", async () => {
  await using journey = await setup();
  await journey.backfill(DAY);
  const { rows } = await journey.stores.target.query(
    `SELECT c.relname::text, string_agg(a.attname, ',' ORDER BY k.place) FROM pg_index i
     JOIN pg_class c ON c.oid = i.indrelid
     CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k (attnum, place)
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
     WHERE i.indisprimary AND c.relname LIKE 'ra\\_%' GROUP BY c.relname ORDER BY 1`,
  );
  assertEquals(Object.fromEntries(rows), {
    ra_horse_pedigree: "horse_id",
    ra_mst_bookmakers: "code",
    ra_mst_courses: "id",
    ra_mst_dams: "id",
    ra_mst_damsires: "id",
    ra_mst_horses: "id",
    ra_mst_jockeys: "id",
    ra_mst_owners: "id",
    ra_mst_regions: "code",
    ra_mst_sires: "id",
    ra_mst_trainers: "id",
    ra_races: "id",
    ra_runners: "race_id,horse_id",
  });
  assertEquals(emptyTables(await counts(journey)), []);
});

// merging_test.ts
Deno.test("card: entities are extracted from each of the two endpoints", async () => {
  for (const stream of ["racecards", "results"]) {
    await using journey = await setup();
    await journey.backfill(`--only ${stream} ${DAY}`);
    const lists = ["ra_mst_bookmakers", "ra_mst_regions"];
    assertEquals(emptyTables(await counts(journey)), lists, stream);
  }
});

// resume_test.ts and ../faults/kill_test.ts
Deno.test("card: interrupt at any time, no duplicates on re-run", async () => {
  await using journey = await setup();
  const argv = "--start-date 2025-09-01 --end-date 2025-09-02";
  for (const requests of [1, 2, 3]) {
    let seen = 0;
    const stop = {
      seen: (_: string, stop: AbortController) => ++seen === requests && stop.abort(),
    };
    await journey.backfill(argv, stop);
  }
  assertDone(await journey.backfill(argv));
  const once = await counts(journey);
  assertDone(await journey.backfill(argv));
  assertEquals(await counts(journey), once);
});

Deno.test("card: user guide, estimates and implementation summary", async () => {
  for (const page of ["guide", "estimates", "architecture"]) {
    const text = await Deno.readTextFile(join(REPOSITORY, `docs/${page}.md`));
    assertMatch(text, /^# /);
  }
});

function assertDone({ error, summary }: Ran): void {
  assertEquals([error, summary.ok], [undefined, true]);
}

/** Endpoints in the order of their names, each once. */
function endpointsOf(asked: readonly string[]): string[] {
  const names = asked.map((path) => /^\/v1\/([^?]+)/.exec(path)![1]!);
  return [...new Set(names)].toSorted();
}

function counts({ job, stores }: Journey): Promise<Record<string, number>> {
  return stores.target.countRows(Object.keys(job.tables));
}

function emptyTables(counts: Readonly<Record<string, number>>): string[] {
  return Object.keys(counts).filter((table) => counts[table] === 0);
}

/** Commands on the database and checkpoint of a journey. */
async function commandsOn({ stores: { settings } }: Journey): Promise<Commands> {
  const commands = await setupCommands();
  const env = { DATABASE_URL: settings.databaseUrl, BACKFILL_KV: settings.kvPath! };
  return { ...commands, run: (line, options) => commands.run(line, { ...options, env }) };
}
