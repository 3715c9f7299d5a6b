// The number of requests that the plan of each job in config/ forecasts, against the number that its paging
// and its windows take. The records of a day follow the job's forecast, with more on working days; no
// request is sent, so that years take milliseconds. The files beside this one compare with servers.
import { assert } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import type { Stream } from "../../lib/config/schema/job_schema.ts";
import { defaultParams } from "../../lib/config/schema/params.ts";
import type { Page } from "../../lib/fetch/fetch_pages.ts";
import { fetchWindows } from "../../lib/fetch/fetch_windows.ts";
import { openPaginator } from "../../lib/fetch/paging/open_paginator.ts";
import { PageEnds } from "../../lib/fetch/paging/page_ends.ts";
import type { PageFacts, Verdict } from "../../lib/fetch/paging/paginator.ts";
import { Failure } from "../../lib/failure.ts";
import { mostRecordsOf } from "../../lib/plan/auto_bounds.ts";
import { eachValues, isFedByTarget } from "../../lib/plan/each_values.ts";
import { expectedRecordsPerMinute, forecastStream } from "../../lib/plan/forecast.ts";
import { rangeOf } from "../../lib/plan/needed.ts";
import { countWindows, StreamPlan } from "../../lib/plan/stream_plan.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import { MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import { REPOSITORY } from "../support/repository.ts";

/** The share by which a forecast may differ from what is sent. */
const TOLERANCE = 0.15;
const TO = "2025-10-01";
const RANGES = { "a month": "2025-09-01", "a year": "2024-10-01", "five years": "2020-10-01" };
const URL_OF_API = "https://api.example.com";

/** Records of each weekday, as multiples of the mean, from Thursday, 1970-01-01. */
const WEEKS = {
  "every day alike": [1, 1, 1, 1, 1, 1, 1],
  "more on working days": [1.26, 1.26, 0.35, 0.35, 1.26, 1.26, 1.26],
};
type Week = readonly number[];

/** Records from the beginning of time up to a minute, so that windows of any length add up. */
function recordsUpTo(minute: number, perDay: number, week: Week): number {
  const day = Math.floor(minute / MINUTES_PER_DAY);
  const weeks = Math.floor(day / 7);
  const started = week.slice(0, day - weeks * 7).reduce((sum, share) => sum + share, 0);
  const today = week[day - weeks * 7]! * (minute - day * MINUTES_PER_DAY) / MINUTES_PER_DAY;
  return Math.round(perDay * (weeks * 7 + started + today));
}

function recordsIn({ from, to }: Window, perDay: number, week: Week): number {
  return recordsUpTo(to, perDay, week) - recordsUpTo(from, perDay, week);
}

/** What a page declares: `index` is its number, `left` how many records follow it. */
function factsOf(
  stream: Stream,
  total: number,
  index: number,
  records: number,
  left: number,
): PageFacts {
  const { paging } = stream;
  const declared: Record<string, unknown> = {};
  if (paging.by === "cursor") {
    declared[paging.cursor] = (paging.cursor.includes("[") ? records : left) > 0
      ? `c${index}`
      : null;
  }
  if (paging.by === "next_link") declared[paging.link] = left > 0 ? `/?page=${index}` : null;
  if (paging.by === "link_header" && left > 0) {
    declared["$header.link"] = `</?page=${index}>; rel="next"`;
  }
  const more = "more" in paging ? paging.more : undefined;
  if (more !== undefined) declared[typeof more === "string" ? more : more.path] = left > 0;
  return {
    records,
    total: stream.total === undefined || stream.total === "none" ? null : total,
    url: `${URL_OF_API}/?at=${index}`,
    fingerprint: () => String(index),
    value: (path) => declared[path],
    edge: () => "9999999999999",
    continuations: () => [],
    limitEqualTo: () => undefined,
  };
}

/** The requests of a window, each a page; as many as its paginator demands. */
function* pagesOf(stream: Stream, { window }: Unit, held: number, ends: PageEnds): Generator<Page> {
  const most = mostRecordsOf(stream, window);
  const paginator = openPaginator(stream, URL_OF_API, ends, undefined, most);
  const size = stream.paging.by === "none" ? Infinity : stream.paging.size ?? 100;
  let left = held;
  for (let [index, verdict]: [number, Verdict?] = [0];; index++) {
    const count = Math.min(left, size);
    left -= count;
    const records = new Array<unknown>(count).fill(null);
    yield { index, records, body: null, header: () => null, total: null, bytes: 0, ms: 0, url: "" };
    verdict = paginator.next(factsOf(stream, held, index, count, left));
    if (verdict.kind === "done" || verdict.kind === "more" && verdict.proof?.() === false) return;
    if (verdict.kind === "failed") {
      const { reason, held, tooFull } = verdict;
      throw new Failure("window", reason, { held, tooFull });
    }
    assert(verdict.kind === "more");
  }
}

interface Compared {
  readonly forecast: number;
  readonly sent: number;
}

async function compare(job: Job, name: string, range: Window, week: Week): Promise<Compared> {
  const stream = job.streams[name]!;
  const params = { ...defaultParams(job.params), ...LISTS };
  const each = () => eachValues(stream, params, async function* () {});
  const left = { minutes: 0, windows: 0 };
  for await (const _ of each()) {
    left.minutes += range.to - range.from;
    left.windows += countWindows([range], stream);
  }
  const { requests } = forecastStream(stream, { minutes: 0, windows: 0 }, left, undefined);
  const plan = new StreamPlan({
    ...{ name, stream, scope: "", each: each() },
    needed: () => Promise.resolve({ fetch: [range], skip: [] }),
    recordsPerMinute: expectedRecordsPerMinute(stream, undefined),
  });
  const perDay = stream.forecast!.records_per_day!;
  const ends = new PageEnds();
  let sent = 0;
  const fetched = fetchWindows([plan], {
    pages: function* (unit) {
      for (const page of pagesOf(stream, unit, recordsIn(unit.window!, perDay, week), ends)) {
        sent++;
        yield page;
      }
    },
    ...{ windowsInFlight: 1, stopAfter: 10, now: () => 0, wallNow: () => 0 },
    signal: new AbortController().signal,
  });
  for await (const { kind } of fetched) assert(kind !== "failed");
  return { forecast: requests, sent };
}

/** Values of the parameters that have no default. */
const LISTS = { properties: ["1"], repositories: ["a/b"] };

function readConfig(name: string): Promise<Job> {
  return readJob(`${REPOSITORY}config/${name}`, {
    readText: (path) => Deno.readTextFileSync(path),
    env: () => undefined,
  });
}

const names = [...Deno.readDirSync(`${REPOSITORY}config`)].map(({ name }) => name)
  .filter((name) => name.endsWith(".yaml")).sort();
for (const name of names) {
  Deno.test(`the plan of ${name} forecasts the requests that are sent, within 15 %`, async () => {
    const job = await readConfig(name);
    for (const [stream, { window }] of Object.entries(job.streams)) {
      if (window === undefined || isFedByTarget(job.streams[stream]!)) continue;
      for (const [what, from] of Object.entries(RANGES)) {
        const whole = { from: parseCivil(from)!, to: parseCivil(TO)! };
        const range = rangeOf(job.streams[stream]!, whole)!;
        for (const [how, week] of Object.entries(WEEKS)) {
          const { forecast, sent } = await compare(job, stream, range, week);
          const said = `${stream}, ${what}, ${how}: ${forecast} requests forecast, ${sent} sent`;
          assert(Math.abs(forecast - sent) <= Math.max(1, TOLERANCE * sent), said);
        }
      }
    }
  });
}
