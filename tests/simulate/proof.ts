// Asserts what must be true after every seed: rows as the API has them, coverage proven, limits kept in every
// interval, and no unexplained wait. It changes nothing.
import { assert, assertEquals } from "@std/assert";
import { startOfPeriod } from "../../lib/plan/time/period.ts";
import type { Rate } from "../../lib/plan/time/rate.ts";
import { verifyCoverage } from "../../lib/verify/coverage.ts";
import { DAY_MS, dayOf, daysBetween, firstDay, recordsAt, STREAMS } from "./scenario.ts";
import type { Life, Story } from "./story.ts";

/** Tolerance of an interval, as of the strict servers in tests/fetch/rate. */
const SLACK_MS = 2;
/** A wait that needs no explanation: a slow response, a retry, a turn of the pace. */
const USUAL_WAIT_MS = 120_000;
/** Longest time from the end of an outage to the next probe. */
const PROBE_MS = 300_000;
/** Parts in which a rolling quota is kept. */
const PARTS = 288;

/** Proves a story, or throws. */
export async function prove(story: Story): Promise<void> {
  proveLives(story);
  proveLocks(story);
  await proveRows(story);
  await proveCoverage(story);
  for (const { rate } of story.scenario.limits) proveLimit(story, rate);
  provePauses(story);
  proveWaits(story);
}

function proveLives({ lives }: Story): void {
  assertEquals(lives.at(-1)!.end, "done", "the last run");
  for (const { end, number } of lives) assert(end !== "", `process ${number} did not end`);
}

/** Of the processes that did not join a run, only one sends requests at a time. */
function proveLocks({ lives, log }: Story): void {
  let last = -1;
  // An update leaves the job to others between its slices.
  const holds = ({ kind, rests }: Life) => kind !== "worker" && rests.length === 0;
  for (const { process, atMs } of log.filter((each) => holds(lives[each.process]!))) {
    assert(process >= last, `process ${process} sent a request at ${iso(atMs)} beside ${last}`);
    last = process;
  }
}

async function proveRows({ scenario, calmFromMs, endedMs, target }: Story): Promise<void> {
  const days = daysBetween(firstDay(scenario), dayOf(endedMs + DAY_MS));
  for (const stream of STREAMS) {
    const sql = `SELECT id, day, amount, note FROM ${stream}_${scenario.seed} ORDER BY id`;
    const { rows } = await target.query(sql);
    const expected = days.flatMap((day) => recordsAt(scenario, stream, day, calmFromMs))
      .map(({ id, day, amount, note }) => [id, day, amount, note]);
    assertEquals(rows, expected, stream);
  }
}

async function proveCoverage(story: Story): Promise<void> {
  const { job, checkpoint, target, scenario, lives } = story;
  const { ok, streams } = await verifyCoverage({ job, checkpoint, target });
  assert(ok, JSON.stringify(streams.flatMap(({ findings }) => findings)));
  const first = firstDay(scenario);
  for (const { stream, covered } of streams) {
    assertEquals(covered, [first, dayOf(lives.at(-1)!.startedMs)], `coverage of ${stream}`);
  }
  assertEquals(streams.length, STREAMS.length);
}

/** No interval, and no period of a quota that resets, holds more requests than the limit. */
function proveLimit({ log }: Story, { requests, intervalMs, resets }: Rate): void {
  for (let at = requests; at < log.length; at++) {
    const [first, last] = [log[at - requests]!.atMs, log[at]!.atMs];
    const isOver = resets === undefined
      ? last - first < intervalMs - SLACK_MS
      : startOfPeriod(first, intervalMs, resets).startMs ===
        startOfPeriod(last, intervalMs, resets).startMs;
    const text = `${requests + 1} requests from ${iso(first)} to ${iso(last)}`;
    assert(!isOver, `${text}, allowed ${requests} in ${intervalMs} ms`);
  }
}

/** Asserts that a process sends nothing while the API requested a wait. */
function provePauses({ log, scenario: { timeoutMs } }: Story): void {
  for (const { atMs, retryAfterMs, respondedMs, process } of log) {
    // A response that comes after the timeout is not read.
    if (retryAfterMs === 0 || respondedMs - atMs >= timeoutMs) continue;
    const early = log.find((each) =>
      each.process === process && each.atMs > respondedMs + SLACK_MS &&
      each.atMs < respondedMs + retryAfterMs - SLACK_MS
    );
    const text = `asked at ${iso(respondedMs)} to wait ${retryAfterMs} ms`;
    assert(early === undefined, `${text}, sent at ${iso(early?.atMs ?? 0)}`);
  }
}

/** Asserts that a process is never idle for longer than outages, waits and quotas explain. */
function proveWaits(story: Story): void {
  const arrived = story.log.map(({ atMs }) => atMs);
  const sent = arrived.toSorted((a, b) => a - b);
  // A worker has nothing to do while others hold the last windows; somebody stops it soon.
  for (const life of story.lives.filter(({ kind }) => kind !== "worker")) {
    const own = story.log.filter(({ process }) => process === life.number).map(({ atMs }) => atMs);
    const moments = [life.startedMs, ...own, life.endedMs];
    for (let at = 1; at < moments.length; at++) {
      const [fromMs, toMs] = [moments[at - 1]!, moments[at]!];
      if (toMs - fromMs <= USUAL_WAIT_MS) continue;
      const untilMs = explainedUntil(story, life, sent, fromMs);
      const text = `process ${life.number} (${life.kind}, ${life.end}) waited from`;
      assert(
        toMs <= untilMs + USUAL_WAIT_MS,
        `${text} ${iso(fromMs)} to ${iso(toMs)}, explained until ${iso(untilMs)}`,
      );
    }
  }
}

/** Until when outages, requested waits and quotas explain a wait; they may follow each other. */
function explainedUntil(story: Story, life: Life, sent: readonly number[], fromMs: number): number {
  let untilMs = fromMs;
  for (;;) {
    const reachMs = untilMs + USUAL_WAIT_MS;
    const reasons = [
      ...life.rests.filter(({ fromMs }) => fromMs <= reachMs).map(({ toMs }) => toMs),
      ...story.scenario.outages.filter((outage) => outage.fromMs <= reachMs)
        .map((outage) => outage.toMs + PROBE_MS),
      ...story.log.filter(({ retryAfterMs, atMs }) => retryAfterMs > 0 && atMs <= fromMs)
        .map(({ respondedMs, retryAfterMs }) => respondedMs + retryAfterMs),
      ...story.scenario.limits.map(({ rate }) => quotaUntil(story, life, rate, sent, untilMs)),
    ];
    const next = Math.max(untilMs, ...reasons);
    if (next === untilMs) return untilMs;
    untilMs = next;
  }
}

/** When a quota that is used up at an instant allows a request again; killed processes keep what they reserved. */
function quotaUntil(
  { lives }: Story,
  { number }: Life,
  { requests, intervalMs, resets }: Rate,
  sent: readonly number[],
  atMs: number,
): number {
  const periodMs = intervalMs * (1 + 4 / PARTS) + 4_000;
  const dead = lives.filter((each) =>
    each.number < number && each.end === "killed" && each.endedMs > atMs - periodMs
  );
  const block = Math.max(1, Math.min(100, Math.floor(requests / 100)));
  const allowed = Math.max(1, requests - 2 * block * (1 + dead.length));
  if (resets !== undefined) {
    const { startMs, endMs } = startOfPeriod(atMs, intervalMs, resets);
    const used = sent.filter((each) => each >= startMs - 4_000 && each <= atMs).length;
    return used >= allowed ? endMs + 4_000 : atMs;
  }
  const recent = sent.filter((each) => each > atMs - periodMs && each <= atMs);
  return recent.length >= allowed ? recent.at(-allowed)! + periodMs : atMs;
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
