// What commands print, write and exit with, seen from outside: JSON for scripts, lines for pipes, bars
// for terminals, files for later, and the four exit codes.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { refusal } from "../../lib/sandbox/reply.ts";
import { REPOSITORY } from "../support/repository.ts";
import { onlyJson, setupCommands } from "./commands.ts";

const DAY = "--start-date 2025-09-01 --end-date 2025-09-01";
const TOTALS =
  "at_least done left requests requests_left rows rows_left seconds seconds_left windows";

Deno.test("--json prints one object to stdout, with the promised field names", async () => {
  await using commands = await setupCommands();
  const survey = onlyJson(await commands.run(`backfill --check-status --json ${DAY}`));
  assertEquals(keys(survey), words(`${TOTALS} streams`));
  assertEquals(keys(survey.streams), words("bookmakers courses racecards regions results"));
  for (const totals of Object.values(survey.streams)) assertEquals(keys(totals), words(TOTALS));
  assertEquals([survey.windows, survey.left, survey.done, survey.requests], [5, 5, 0, 4]);
  assertEquals(commands.sandbox.counts.requests, 0);

  const ran = await commands.run(`backfill --json ${DAY}`);
  assertEquals(ran.code, 0, ran.stderr);
  const summary = onlyJson(ran);
  assertEquals(
    keys(summary),
    words("ok outcome refused rejected replaced requests retries rows run seconds windows"),
  );
  assertEquals(summary.windows, { planned: 5, done: 5, failed: 0, skipped: 0 });
  assertEquals([summary.ok, summary.outcome, summary.requests], [true, "done", 4]);
  assertEquals([summary.refused, summary.retries, summary.rejected, summary.replaced], [
    0,
    0,
    0,
    0,
  ]);
  assertEquals(keys(summary.rows).length, 13);
  for (const counts of Object.values(summary.rows)) {
    assertEquals(keys(counts), words("inserted unchanged updated"));
  }
  assertStringIncludes(ran.stderr, "racecards    2025-09-01");

  const status = onlyJson(await commands.run("status --json"));
  assertEquals(keys(status), words("archive drift job runs streams tables target workers"));
  for (const stream of Object.values(status.streams)) {
    assertEquals(
      keys(stream),
      words(
        "coverage due empty failed feeds fetched_at gaps group items missing_values rejected rows scope scopes unsettled values",
      ),
    );
  }
  const { coverage, gaps, failed, rows } = status.streams.racecards;
  assertEquals([coverage, gaps, failed], [[["2025-09-01", "2025-09-01"]], [], []]);
  assert(rows > 1000);
  assertEquals(status.tables.ra_races, summary.rows.ra_races.inserted);
  assertEquals(status.runs[0].summary, summary);

  const again = onlyJson(await commands.run(`backfill --check-status --json ${DAY}`));
  assertEquals([again.windows, again.done, again.left, again.requests_left], [5, 5, 0, 0]);
});

Deno.test("in a pipe a run prints a plain line per window, then tables, outcome and the next command", async () => {
  await using commands = await setupCommands();
  const { code, stdout, stderr } = await commands.run(
    "backfill --only racecards --start-date 2025-09-01 --end-date 2025-09-03",
  );
  assertEquals([code, stderr], [0, ""]);
  assert(!stdout.includes("\x1b") && !stdout.includes("\r"));
  const lines = stdout.trimEnd().split("\n");
  assertMatch(
    lines.shift()!,
    /^backfill of config\/racing\.yaml into postgres:\/\/hindcast@127\.0\.0\.1:\d+\/test_/,
  );
  assertMatch(lines[0]!, /^run \S+: job racing into postgres:\/\/hindcast@127\.0\.0\.1:\d+\/test_/);
  assertMatch(
    lines[1]!,
    /^racecards +2025-09-01 \.\. 2025-09-03 +3 windows +0 done +3 left +3 requests at 2\/s, about 1\.5 s$/,
  );
  const windows = lines.filter((line) => /^ {2}racecards +2025-09-0\d +1 page /.test(line));
  assertEquals(windows.map((line) => line.slice(15, 25)).toSorted(), [
    "2025-09-01",
    "2025-09-02",
    "2025-09-03",
  ]);
  assertMatch(lines.at(-2)!, /^done: 3 of 3 windows, 3 requests, [\d.]+ s$/);
  assertEquals(lines.at(-1), "next   deno task verify");
});

Deno.test("a run writes a log, its errors and a copy of the checkpoint for each of its groups", async () => {
  await using commands = await setupCommands({
    intercept: ({ url }) =>
      url.search.includes("date=2025-09-01") ? refusal(422, "No such day") : undefined,
  });
  const { code } = await commands.run(`backfill --no-results ${DAY}`);
  assertEquals(code, 1);
  const names = [...Deno.readDirSync(commands.logs)].map(({ name }) => name).toSorted();
  assertEquals(names.map((name) => name.replace(/_\d{8}T\d{6}Z-\w+/, "_TIME")), [
    "backfill_events_TIME.log",
    "backfill_events_checkpoint.json",
    "backfill_events_errors.json",
    "backfill_masters_TIME.log",
    "backfill_masters_checkpoint.json",
    "backfill_masters_errors.json",
  ]);
  const read = (name: string) => Deno.readTextFileSync(`${commands.logs}/${name}`);
  const log = read(names[0]!).trimEnd().split("\n");
  for (const line of log) assertMatch(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S/);
  assert(log.some((line) => / 422 GET \S+\/v1\/racecards\/pro\?date=2025-09-01/.test(line)));
  assert(log.some((line) => / racecards +2025-09-01 +failed: /.test(line)));
  assert(!read(names[3]!).includes("racecards"));

  const errors = JSON.parse(read("backfill_events_errors.json"));
  assertEquals(errors.length, 1);
  assertEquals(keys(errors[0]), words("at each hint kind reason rejected stream window"));
  assertEquals([errors[0].stream, errors[0].kind], ["racecards", "failed"]);
  assertEquals(errors[0].window, ["2025-09-01", "2025-09-01"]);
  assertEquals(JSON.parse(read("backfill_masters_errors.json")), []);

  const checkpoint = JSON.parse(read("backfill_events_checkpoint.json"));
  assertEquals(keys(checkpoint), words("job streams written_at"));
  assertEquals(checkpoint.streams.racecards.failed.length, 1);
  for (const name of names) assert(!read(name).includes(btoa("sandbox:sandbox-password-1")));
});

Deno.test("a run copies its checkpoint while another one writes the same copy", async () => {
  await using commands = await setupCommands();
  // The unfinished copy of the other run, which this one can neither replace nor rename.
  const copy = `${commands.logs}/backfill_events_checkpoint.json`;
  await Deno.mkdir(`${copy}.tmp`, { recursive: true });
  const { code, stdout, stderr } = await commands.run(`backfill --no-results ${DAY}`);
  assertEquals([code, `${stdout}${stderr}`.includes("Cannot write the logs")], [0, false]);
  assertEquals(JSON.parse(await Deno.readTextFile(copy)).streams.racecards.failed, []);
});

Deno.test("commands exit with 2 on wrong usage, report what is wrong, and send no request", async () => {
  await using commands = await setupCommands();
  const wrong: [line: string, said: string][] = [
    ["backfill --start-dat 2025-09-01", "Did you mean --start-date?"],
    ["backfill --start-date 2025-13-01", '"2025-13-01"'],
    ["backfill --start-date 2025-09-02 --end-date 2025-09-01", "the last day is before the first"],
    ["backfill --only racecard", 'Did you mean "racecards"?'],
    ["backfill --config config/none.yaml", "config/none.yaml"],
  ];
  for (const [line, said] of wrong) {
    const { code, stdout, stderr } = await commands.run(line);
    assertEquals(code, 2, line);
    assertMatch(stdout, /^backfill of \S+ into \S+\n$/);
    assertStringIncludes(stderr, said);
    assertMatch(stderr, /^error: Cannot /);
    assertStringIncludes(stderr, "\nhint: ");
  }
  assertEquals(commands.sandbox.counts.requests, 0);
});

Deno.test("a run exits with 1 when the API refuses it, and names what to check", async () => {
  await using commands = await setupCommands();
  const env = { RACING_API_PASSWORD: "not the password" };
  const { code, stdout, stderr } = await commands.run(`backfill --json ${DAY}`, { env });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "RACING_API_PASSWORD");
  assert(!stderr.includes(env.RACING_API_PASSWORD) && !stdout.includes(env.RACING_API_PASSWORD));
  assertEquals([JSON.parse(stdout).ok, JSON.parse(stdout).outcome], [false, "failed"]);
});

Deno.test("a run that is interrupted exits with 130, prints how to continue, and continues", async () => {
  await using commands = await setupCommands({ latencyMs: 20 });
  const range = "--only racecards --start-date 2025-08-01 --end-date 2025-08-20";
  const stopped = await commands.run(`backfill ${range}`, {
    signalAfter: { text: "  racecards    2025-08-0", signal: "SIGINT" },
  });
  assertEquals(stopped.code, 130, stopped.stderr);
  assertMatch(stopped.stdout, /interrupted: \d+ of \d+ windows/);
  assertEquals(stopped.stdout.trimEnd().split("\n").at(-1), "next   deno task backfill --resume");
  const { coverage } = onlyJson(await commands.run("status --json")).streams.racecards;
  assertEquals(coverage[0][0], "2025-08-01");
  const survey = onlyJson(await commands.run("backfill --resume --check-status --json"));
  assertEquals(survey.windows, 20);
  assert(survey.done > 0 && survey.left > 0 && survey.done + survey.left === 20);
});

Deno.test({
  name: "on a terminal a run draws a bar per stream, and leaves the last of them standing",
  ignore: !hasScript(),
  fn: async () => {
    await using commands = await setupCommands();
    const line = `deno task --quiet backfill --only racecards ${DAY}`;
    const { stdout } = await new Deno.Command("script", {
      args: ["-qec", `stty cols 90; ${line.replace(/^deno/, Deno.execPath())}`, "/dev/null"],
      cwd: REPOSITORY,
      env: { ...commands.env, LC_ALL: "C", NO_COLOR: "1" },
      stdin: "null",
      stderr: "null",
    }).output();
    const shown = new TextDecoder().decode(stdout);
    assertStringIncludes(shown, "\x1b[?25l");
    assertStringIncludes(shown, "\x1b[?25h");
    // deno-lint-ignore no-control-regex -- the sequences that move, save and restore the cursor
    const escapes = /\x1b(?:\[[\d?]*[A-Za-z]|[78])/g;
    const lines = shown.split(/\r?\n/).map((line) => line.replaceAll(escapes, ""));
    const bars = lines.filter((line) => /^\r*racecards +\[[#.]+\] +\d+ %/.test(line));
    assert(bars.length > 1, shown);
    assertMatch(bars.at(-1)!, /\[#{38}\] {2}100 % {2}1 of 1 window {3}[\d,]+ rows$/);
    const whole = lines.filter((line) => /^\r* *\d+ % .* of \d+ window/.test(line));
    assertMatch(
      whole.at(-1)!,
      /^\r*100 % {2}\[#+\] {2}1 of 1 window {2}1 request, 0 left {2}[\d,]+ rows$/,
    );
    assertMatch(shown, /done: 1 of 1 window, 1 request, /);
  },
});

/** util-linux's `script` gives a command a terminal; without it the test is left out. */
function hasScript(): boolean {
  try {
    return new Deno.Command("script", { args: ["--version"] }).outputSync().success;
  } catch {
    console.log("script(1) is absent: the test of bars on a terminal is ignored");
    return false;
  }
}

// deno-lint-ignore no-explicit-any -- the keys of whatever was printed
function keys(value: any): string[] {
  return Object.keys(value).toSorted();
}

function words(text: string): string[] {
  return text.split(" ").toSorted();
}
