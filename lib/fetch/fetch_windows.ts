// Owns the station "windows to pages": fetches several windows of several streams concurrently, each page
// by page, so that latency never costs rate; the limiter alone decides when a request is sent. It never
// extracts and never writes. Invariant: a window is reported as done after its last page, and only if
// fetch_pages.ts proved it complete.
import { Failure } from "../failure.ts";
import type { Unit, UnitSource } from "../plan/unit.ts";
import { Bisection, mayBeContent } from "./failure/bisection.ts";
import { Channel } from "./channel.ts";
import { FailureStreak } from "./failure/failure_streak.ts";
import { advised, isOfWindow, tooMany } from "./failure/window_failure.ts";
import { fetchUnit, type FetchUnitOptions, type UnitEvent } from "./fetch_unit.ts";

/** The events of a unit, in order: pages, then done or failed; `restarted` voids the pages before it. */
export type Fetched =
  | UnitEvent
  | { kind: "split"; unit: Unit; reason: string }
  | { kind: "failed"; unit: Unit; failure: Failure };

/** Options of `fetchWindows`. */
export interface FetchWindowsOptions extends FetchUnitOptions {
  /** Windows of one stream that are fetched concurrently. */
  readonly windowsInFlight: number;
  /** Different `for_each` values, or windows of a stream without, that may fail in a row before the run stops. */
  readonly stopAfter: number;
  /** Whether the run resumes another one; if not, a first response of a wrong shape stops it. Defaults to false. */
  readonly isResumed?: boolean;
  /** Whether a window that fails for its content is halved; defaults to true. */
  readonly halves?: boolean;
  /** Starts no further window once it aborts; windows in flight are finished. Defaults to never. */
  readonly windDown?: AbortSignal | undefined;
  /** Receives why the API cannot be used now; what was fetched before is still handed on. Defaults to nobody. */
  readonly onUnavailable?: (failure: Failure) => void;
}

/** What the concurrent tasks of one call share. */
interface Shared {
  readonly channel: Channel<Fetched>;
  readonly options: FetchWindowsOptions;
  /** Windows that failed for a reason that may pass; they are fetched again at the end. */
  readonly heldBack: HeldBack[];
  readonly streak: FailureStreak;
  /** Whether the API can no longer be used. */
  isOver: boolean;
  /** Stops the workers. */
  stop(): void;
}

interface HeldBack {
  readonly plan: UnitSource;
  readonly unit: Unit;
  readonly failure: Failure;
  /** Whether the other windows of its value were set aside. */
  readonly isAside: boolean;
  /** What halving the window has shown; absent if it is whole. */
  readonly bisection?: Bisection;
  /** How many halvings led to it. */
  readonly depth?: number;
}

/** Most windows that are fetched again at the end; further ones fail at once. */
const MOST_HELD_BACK = 1_000;

/**
 * Fetches the units of several plans concurrently. A unit that fails for a temporary reason is fetched again after all
 * others. One that fails because of its content is then halved as long as that helps.
 *
 * Ends early without an error if the signal aborts.
 *
 * @throws {Failure} of kind `refused` if the API refuses every request, and of kind `window` if too many
 * windows failed in a row.
 */
export async function* fetchWindows(
  plans: readonly UnitSource[],
  options: FetchWindowsOptions,
): AsyncGenerator<Fetched> {
  const channel = new Channel<Fetched>();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const shared: Shared = {
    channel,
    options: { ...options, signal },
    heldBack: [],
    streak: new FailureStreak(options.stopAfter, options.isResumed),
    isOver: false,
    stop: () => stop.abort(),
  };
  const fetching = fetchAll(plans, shared);
  const finished = fetching.then(
    () => channel.close(),
    (error) => {
      if (options.signal.aborted) channel.close();
      else channel.fail(error);
      stop.abort();
    },
  );
  try {
    yield* channel;
  } finally {
    stop.abort();
    await Promise.allSettled([fetching, finished]);
  }
}

/** Fetches all units, then those that were held back. */
async function fetchAll(plans: readonly UnitSource[], shared: Shared): Promise<void> {
  const { windowsInFlight, windDown } = shared.options;
  const several = (count: number, worker: () => Promise<void>) =>
    Array.from({ length: count }, worker);
  const first = plans.flatMap((plan) => several(windowsInFlight, () => fetchUnits(plan, shared)));
  try {
    await Promise.all(first);
  } catch (error) {
    await failHeldBack(shared);
    shared.stop();
    await Promise.allSettled(first);
    throw error;
  }
  if (shared.streak.refusal !== undefined) throw shared.streak.refusal;
  if (windDown?.aborted || shared.isOver) return await failHeldBack(shared);
  await Promise.all(several(windowsInFlight, () => fetchHeldBack(shared)));
}

/** Takes units from a plan and fetches them until none is left. */
async function fetchUnits(plan: UnitSource, shared: Shared): Promise<void> {
  const { options } = shared;
  for (;;) {
    if (options.signal.aborted || options.windDown?.aborted || shared.isOver) return;
    const unit = await plan.next();
    if (unit === undefined) return;
    try {
      await fetchUnit(plan, unit, options, (event) => shared.channel.send(event));
      shared.streak.succeeded(unit);
    } catch (error) {
      if (options.signal.aborted || isUnavailable(error, shared)) return;
      if (!(error instanceof Failure) || !isOfWindow(error, unit)) throw error;
      await failOnce(plan, unit, error, shared);
    } finally {
      plan.settle(unit);
    }
  }
}

/** Whether the API cannot be used now: no further unit is begun then. */
function isUnavailable(error: unknown, shared: Shared): boolean {
  const { onUnavailable } = shared.options;
  const isSo = error instanceof Failure && error.kind === "unavailable";
  if (!isSo || onUnavailable === undefined) return false;
  shared.isOver = true;
  onUnavailable(error);
  return true;
}

/** Splits a window that is too full, holds back one whose failure may pass, and fails any other. */
async function failOnce(
  plan: UnitSource,
  unit: Unit,
  failure: Failure,
  shared: Shared,
): Promise<void> {
  const { channel, heldBack, streak } = shared;
  if (failure.tooFull && plan.tooFull(unit, failure.held)) {
    await channel.send({ kind: "split", unit, reason: failure.message });
    return;
  }
  const consequence = streak.failed(unit, failure);
  const inARow = streak.length;
  const isAside = consequence === "set aside" && plan.setAside(unit);
  if (failure.mayPass && heldBack.length < MOST_HELD_BACK) {
    heldBack.push({ plan, unit, failure, isAside });
    const reason = `${failure.message}; fetched again later`;
    await channel.send({ kind: "restarted", unit, reason });
  } else if (consequence !== "continue" || !await halve({ plan, unit, failure, isAside }, shared)) {
    await channel.send({ kind: "failed", unit, failure: advised(failure, isAside) });
  }
  if (consequence === "stop") throw tooMany(inARow, failure);
}

/** Holds back the halves of a window that failed for its content; false if it is not halved. */
async function halve(held: HeldBack, { channel, heldBack, options }: Shared): Promise<boolean> {
  const { plan, unit, failure, isAside, bisection = new Bisection(), depth = 0 } = held;
  if (
    options.halves === false || isAside || !mayBeContent(failure) ||
    heldBack.length >= MOST_HELD_BACK
  ) return false;
  const halves = bisection.mayHalve(depth) ? plan.halve(unit) : undefined;
  if (halves === undefined) return false;
  await channel.send({ kind: "split", unit, reason: `${failure.message}; fetched in halves` });
  for (const half of halves) {
    heldBack.push({ plan, unit: half, failure, isAside, bisection, depth: depth + 1 });
  }
  return true;
}

/** Fetches the units that were held back, once. */
async function fetchHeldBack(shared: Shared): Promise<void> {
  const { channel, heldBack, options } = shared;
  for (;;) {
    if (options.signal.aborted) return;
    if (options.windDown?.aborted) return await failHeldBack(shared);
    const next = heldBack.shift();
    if (next === undefined) return;
    try {
      await next.plan.locate?.(next.unit);
      await fetchUnit(next.plan, next.unit, options, (event) => channel.send(event));
      next.bisection?.succeeded();
      // The next page of a feed was not known before.
      if (next.unit.feed !== undefined) await fetchUnits(next.plan, shared);
    } catch (error) {
      if (options.signal.aborted || isUnavailable(error, shared)) return;
      if (!(error instanceof Failure) || !isOfWindow(error, next.unit)) throw error;
      if (await splitHeldBack(next, error, shared)) continue;
      if (await halve({ ...next, failure: error }, shared)) continue;
      const failure = advised(error, next.isAside);
      await channel.send({ kind: "failed", unit: next.unit, failure });
    }
  }
}

/** Holds back the halves of an auto window that holds too much; false if it does not, or cannot be halved. */
async function splitHeldBack(
  held: HeldBack,
  failure: Failure,
  { channel, heldBack }: Shared,
): Promise<boolean> {
  const { plan, unit } = held;
  const isSplit = failure.tooFull && plan.stream.window?.auto === true;
  const halves = isSplit ? plan.halve(unit) : undefined;
  if (halves === undefined) return false;
  await channel.send({ kind: "split", unit, reason: failure.message });
  heldBack.push(...halves.map((half) => ({ ...held, unit: half })));
  return true;
}

/** Reports the units that were held back as failed, with their first failure. */
async function failHeldBack({ channel, heldBack }: Shared): Promise<void> {
  for (const { unit, failure, isAside } of heldBack.splice(0)) {
    await channel.send({ kind: "failed", unit, failure: advised(failure, isAside) });
  }
}
