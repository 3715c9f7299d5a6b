import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { RunRecord } from "../../lib/checkpoint/run_log.ts";
import { Failure } from "../../lib/failure.ts";
import { readArguments } from "../../lib/cli/arguments.ts";
import type { RunOptions } from "../../lib/cli/run_options.ts";
import {
  givenOptions,
  rangeOf,
  runFlags,
  runOptions,
  selectionFlags,
  streamsOf,
} from "../../lib/cli/run_options.ts";
import { days, jobOf } from "../plan/jobs.ts";

/** Half past midnight of 20 October in London, still the 19th in UTC. */
const NOW = Date.parse("2025-10-19T23:30:00Z");

const JOB = jobOf({
  courses: { group: "masters" },
  racecards: { window: "day", start: "2023-01-23" },
  results: { window: { max: "365d" }, start: "1988-01-01" },
  details: { optional: true },
}, {
  time_zone: "Europe/London",
  start: "2015-01-01",
  params: {
    region_codes: { list: true, default: ["gb", "ire"], choices: ["gb", "ire", "fr"] },
    token: {},
  },
});

const given = (line: string, job = JOB) =>
  givenOptions(job, readArguments(line === "" ? [] : line.split(" "), runFlags(job)), NOW);
const options = (line: string, last?: RunRecord) => runOptions(JOB, given(line), last, NOW);

/** The record of the run that a command line started. */
function runOf(line: string): RunRecord {
  return { run: "r1", startedAt: "2025-10-01T00:00:00Z", options: { ...options(line) } };
}

Deno.test("runFlags() has a flag for each group, stream and parameter", () => {
  const flags = runFlags(JOB);
  assertEquals(flags["skip-masters"]?.kind, "switch");
  assertEquals(flags["no-racecards"]?.kind, "switch");
  assertEquals([flags["region-codes"]?.kind, flags.token?.kind], ["list", "value"]);
  assertEquals(flags["start-date"]?.kind, "value");
});

Deno.test("selectionFlags() has no flag that only a run obeys", () => {
  const names = Object.keys(selectionFlags(JOB));
  const selecting = ["only", "with", "group", "config"];
  const ofJob = Object.keys(runFlags(JOB)).filter((name) => !(name in runFlags(undefined)));
  assertEquals(names, [...selecting, ...ofJob]);
});

Deno.test("runOptions() start at the job's start and end today, in the job's time zone", () => {
  assertEquals(options(""), {
    start: "2015-01-01",
    end: "2025-10-20",
    groups: [],
    only: [],
    with: [],
    without: [],
    params: { region_codes: ["gb", "ire"] },
  });
  const { start: _, ...job } = JOB;
  assertEquals(runOptions(job, given(""), undefined, NOW).start, "1988-01-01");
  const none = jobOf({ things: { window: "day" } });
  assertEquals(runOptions(none, given("", none), undefined, NOW).start, "2025-10-19");
});

Deno.test("givenOptions() reads dates in the job's time zone, selections and parameters", () => {
  const asked = given(
    "--start-date -7d --end-date yesterday --region-codes fr,gb --skip-masters --no-results --with details",
  );
  assertEquals([asked.start, asked.end], ["2025-10-13", "2025-10-19"]);
  assertEquals(asked.params, { region_codes: ["fr", "gb"] });
  assertEquals([asked.without, asked.with], [["masters", "results"], ["details"]]);
  assertThrows(() => given("--region-codes de"), Failure, '"de" is not one of its choices');
  assertThrows(() => given("--start-date 2025-02-30"), Failure, "it is not a date");
});

Deno.test("runOptions() returns those of the last run when nothing is given", () => {
  const last = runOf(
    "--start-date 2020-01-01 --end-date 2020-12-31 --region-codes fr --only results",
  );
  assertEquals({ ...options("", last) }, last.options);
});

Deno.test("runOptions() prefers given options to those of the last run", () => {
  const last = runOf(
    "--start-date 2020-01-01 --end-date 2020-12-31 --region-codes fr --only results",
  );
  const dates = (line: string): [string, string] => {
    const { start, end } = options(line, last);
    return [start, end];
  };
  assertEquals(dates("--start-date 2021-01-01"), ["2021-01-01", "2020-12-31"]);
  assertEquals(dates("--end-date 2020-06-30"), ["2020-01-01", "2020-06-30"]);
  assertEquals(options("--region-codes gb", last).params.region_codes, ["gb"]);
  assertEquals(options("--token x", last).params, { region_codes: ["fr"], token: "x" });
});

Deno.test("runOptions() replaces the streams of the last run with those named, and combines skipped and added ones", () => {
  const selection = (line: string, last: string) => {
    const { only, groups, without, with: added } = options(line, runOf(last));
    return { only, groups, without, with: added };
  };
  assertEquals(selection("--skip-masters", "--no-results"), {
    only: [],
    groups: [],
    without: ["results", "masters"],
    with: [],
  });
  assertEquals(selection("--with details", "--only results").with, ["details"]);
  assertEquals(selection("--with details", "--only results").only, ["results"]);
  assertEquals(selection("--group masters", "--only results --no-racecards"), {
    only: [],
    groups: ["masters"],
    without: [],
    with: [],
  });
});

Deno.test("rangeOf() ends with the last day, and refuses days out of order", () => {
  const between = (start: string, end: string) => rangeOf({ ...options(""), start, end });
  assertEquals(between("2025-10-01", "2025-10-19"), days("2025-10-01", "2025-10-20"));
  assertEquals(between("2025-10-19", "2025-10-19"), days("2025-10-19", "2025-10-20"));
  const failure = assertThrows(() => between("2025-10-20", "2025-10-19"), Failure);
  assertEquals(failure.kind, "configuration");
  assertStringIncludes(failure.hint!, "--start-date");
});

Deno.test("streamsOf() returns the selected streams, in the order of the job", () => {
  const streams = (line: string) => streamsOf(JOB, options(line));
  assertEquals(streams(""), ["courses", "racecards", "results"]);
  assertEquals(streams("--group events --with details"), ["racecards", "results", "details"]);
  assertEquals(streams("--only details racecards"), ["racecards", "details"]);
  assertEquals(streams("--skip-masters --no-racecards"), ["results"]);
  assertThrows(() => streams("--skip-masters --no-racecards --no-results"), Failure, "no stream");
});

Deno.test("runOptions() returns a plain value", () => {
  const kept: RunOptions = structuredClone(options("--start-date -7d --region-codes gb"));
  assertEquals(JSON.parse(JSON.stringify(kept)), kept);
});
