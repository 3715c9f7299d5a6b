// Decides what an update fetches, and in which order: yesterday and today, then earlier dates that may still change,
// then gaps and failed windows in what was fetched before, then the `for_each` values that these have added to the
// target. History comes last, so that it never delays today's data where requests are scarce. It reads the checkpoint and, for `for_each` queries, the target; it sends no request to
// the API.
import type { PlanSource } from "../checkpoint/open_plan.ts";
import { civilAt, MINUTES_PER_DAY, startOfDay } from "../plan/time/civil.ts";
import { intersect, subtract, union } from "../plan/coverage.ts";
import { readVisits } from "../checkpoint/visits.ts";
import { agesOf } from "../plan/settling.ts";
import { eachValues, isFedByTarget } from "../plan/each_values.ts";
import { canonical, scopeOf } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";

/** Streams to run over a range, resumed. */
export interface Phase {
  /**
   * `update` fetches yesterday and today, `recheck` earlier dates that may still change, `heal` fills holes, and
   * `follow` fetches new `for_each` values, and nothing that the update has fetched before.
   */
  readonly name: "update" | "recheck" | "heal" | "follow";
  /** Names of the streams. */
  readonly streams: readonly string[];
  /** Dates, half-open. */
  readonly range: Window;
}

/** What the phases are computed from. */
export type PhaseSource = Omit<PlanSource, "range" | "resume">;

/** What is missing from the dates that a stream covers. */
interface Missing {
  readonly stream: string;
  readonly holes: readonly Window[];
  /** First date that may still change; undefined if none may. */
  readonly unsettledFrom: number | undefined;
}

/** Today in the job's time zone, in civil minutes. */
export function todayOf({ job, wallNow }: Pick<PhaseSource, "job" | "wallNow">): number {
  return startOfDay(civilAt(wallNow(), job.time_zone));
}

/**
 * The phases of an update in order; there is always a first one. What the later ones fetch is decided when
 * the first one is over, so it includes the `for_each` values that the first one has found.
 */
export async function* phasesOf(
  source: PhaseSource,
  streams: readonly string[],
): AsyncGenerator<Phase> {
  const today = todayOf(source);
  const yesterday = today - MINUTES_PER_DAY;
  yield { name: "update", streams, range: { from: yesterday, to: today + MINUTES_PER_DAY } };
  const missing: Missing[] = [];
  for (const stream of streams) missing.push(await missingOf(source, stream, yesterday));
  const recheck = rechecking(missing, yesterday);
  const late = [
    ...recheck === undefined ? [] : [recheck],
    ...healing(missing.map((one) => withoutRechecked(one, recheck))),
  ];
  yield* late;
  const following = late.length === 0 ? undefined : await followingPhase(source, streams);
  if (following !== undefined) yield following;
}

/** The phase of streams whose query returns values that were never fetched. */
async function followingPhase(
  source: PhaseSource,
  streams: readonly string[],
): Promise<Phase | undefined> {
  const today = todayOf(source);
  let from = today - MINUTES_PER_DAY;
  const fed: string[] = [];
  for (const stream of streams) {
    if (!await hasNewValue(source, stream)) continue;
    fed.push(stream);
    from = Math.min(from, earliest(await coveredBy(source, stream)));
  }
  if (fed.length === 0) return undefined;
  return { name: "follow", streams: fed, range: { from, to: today + MINUTES_PER_DAY } };
}

/** Whether the query of a stream returns a value that was never fetched. A feed is read once in an update. */
async function hasNewValue(
  { job, params, checkpoint, target }: PhaseSource,
  name: string,
): Promise<boolean> {
  const stream = job.streams[name]!;
  if (!isFedByTarget(stream) || stream.since !== undefined) return false;
  const scope = scopeOf(job, name, params);
  await checkpoint.load(name, scope);
  for await (const values of eachValues(stream, params, (sql) => target.stream(sql))) {
    const track = { stream: name, scope, each: canonical(values) };
    const isKnown = checkpoint.item(track) !== undefined ||
      checkpoint.coverage(track).spans().length > 0 || await checkpoint.needsRetry(track);
    if (!isKnown) return true;
  }
  return false;
}

/** The phase of all dates before `end` that may still change. */
function rechecking(missing: readonly Missing[], end: number): Phase | undefined {
  const open = missing.filter((one) => one.unsettledFrom !== undefined);
  if (open.length === 0) return undefined;
  const from = Math.min(...open.map((one) => one.unsettledFrom!));
  return { name: "recheck", streams: open.map(({ stream }) => stream), range: { from, to: end } };
}

/** The holes that the recheck does not fill. */
function withoutRechecked(one: Missing, recheck: Phase | undefined): Missing {
  if (recheck === undefined || !recheck.streams.includes(one.stream)) return one;
  return { ...one, holes: one.holes.flatMap((hole) => subtract(hole, [recheck.range])) };
}

/** One phase for all streams whose holes span the same dates. */
function healing(missing: readonly Missing[]): Phase[] {
  const phases = new Map<string, { streams: string[]; range: Window }>();
  for (const { stream, holes } of missing) {
    const [first, last] = [holes[0], holes.at(-1)];
    if (first === undefined || last === undefined) continue;
    const range = { from: first.from, to: last.to };
    const id = `${range.from}..${range.to}`;
    const phase = phases.get(id);
    if (phase === undefined) phases.set(id, { streams: [stream], range });
    else phase.streams.push(stream);
  }
  return [...phases.values()].map((phase) => ({ name: "heal", ...phase }));
}

/** What a stream is missing between `end` and the first date that it covers or failed to fetch. */
async function missingOf(source: PhaseSource, stream: string, end: number): Promise<Missing> {
  const { job, params } = source;
  const from = earliest(await coveredBy(source, stream));
  if (!(from < end)) return { stream, holes: [], unsettledFrom: undefined };
  return await lackWithin(source, stream, scopeOf(job, stream, params), { from, to: end });
}

/** The dates that a stream covers or failed to fetch, in any order; none for a stream without windows. */
async function coveredBy(source: PhaseSource, stream: string): Promise<Window[]> {
  const { job, checkpoint, params } = source;
  if (job.streams[stream]!.window === undefined) return [];
  const scope = scopeOf(job, stream, params);
  await checkpoint.load(stream, scope);
  const known = checkpoint.tracks(stream, scope);
  const covered = known.flatMap((track) => checkpoint.coverage(track).spans());
  for (const track of known) covered.push(...await checkpoint.retryWindows(track));
  return covered;
}

/** Examines every track that a run would, including new `for_each` values. */
async function lackWithin(
  { job, checkpoint, params, target, wallNow }: PhaseSource,
  stream: string,
  scope: string,
  range: Window,
): Promise<Missing> {
  let holes: Window[] = [];
  let unsettledFrom: number | undefined;
  const visits = await readVisits(job, stream, target);
  const ages = agesOf(job.streams[stream]!.settle) ?? [];
  const all = eachValues(job.streams[stream]!, params, (sql) => target.stream(sql));
  for await (const values of all) {
    const track = { stream, scope, each: canonical(values) };
    const coverage = checkpoint.coverage(track);
    const retry = await checkpoint.retryWindows(track);
    const again = retry.flatMap((window) => intersect(window, range) ?? []);
    holes = union([...holes, ...coverage.gaps(range), ...again]);
    const resting = visits.resting(track, ages, wallNow(), job.time_zone);
    const [first] = coverage.unsettled(range).flatMap((window) => subtract(window, resting));
    const open = first?.from;
    if (open !== undefined) unsettledFrom = Math.min(open, unsettledFrom ?? open);
  }
  return { stream, holes, unsettledFrom };
}

/** The first date; infinite without any. There may be more dates than a call takes arguments. */
function earliest(spans: readonly Window[]): number {
  return spans.reduce((first, { from }) => Math.min(first, from), Infinity);
}
