// Owns the layout of coverage in KV values: one value per calendar year with the ranges of that year. A
// window touches only the years it covers, so its cost does not grow with the history, and a century is
// a hundred values. A year of many short ranges is stored by month, and a month of many by minute, so
// that each fits in one value.
import type { CivilMinute } from "../plan/time/civil.ts";
import { civilParts, fromParts } from "../plan/time/civil.ts";
import type { Covered } from "../plan/coverage.ts";
import { Coverage } from "../plan/coverage.ts";
import type { Window } from "../plan/time/window.ts";

/**
 * Identifies a value: 2024 * 100 is the year 2024, 2024 * 100 + 3 its March. If both exist, the value of
 * the year is valid: those of the months were written, but the commit that deletes the year was not.
 */
export type Shard = number;

/** A flat array of from, to and state; or, if that is long, the state of each minute. */
export type ShardValue = readonly number[] | MonthMinutes;

/** The state of each minute of a month. */
export interface MonthMinutes {
  /** The first minute. */
  readonly from: CivilMinute;
  /** Two states per byte, the earlier in the low half. */
  readonly states: Uint8Array;
}

/** A shard to write or delete. */
export interface ShardChange {
  /** The shard. */
  readonly shard: Shard;
  /** Returns its value at the time of the call; undefined to delete it. */
  readonly value: (() => ShardValue) | undefined;
}

const EMPTY = 1;
const SETTLED = 2;
/** Marks a minute that is done. */
const DONE = 4;

const MONTHS = 12;
const SHARDS_PER_YEAR = 100;

/** Most ranges in an array, 12 bytes each; the minutes of a month take 22 KiB of the 64 KiB of a value. */
const RANGES_LISTED = 1500;

/** The shards of one track's coverage: which of its years are stored by month. */
export class Shards {
  /** Most tracks have none, and there may be 100,000 tracks. */
  #byMonth: Set<number> | undefined;

  /** `byMonth` are the years stored by month; a year never changes back. */
  constructor(byMonth?: Set<number>) {
    this.#byMonth = byMonth;
  }

  /** The changes after a window has been covered; deletions come last. */
  changes(coverage: Coverage, window: Window): ShardChange[] {
    const [first, last] = [monthAt(window.from), monthAt(window.to - 1)];
    const changes: ShardChange[] = [];
    for (let year = yearOf(first); year <= yearOf(last); year++) {
      const [january, december] = [year * MONTHS, year * MONTHS + MONTHS - 1];
      if (this.#byMonth?.has(year)) {
        changes.push(...months(coverage, Math.max(first, january), Math.min(last, december)));
      } else if (coverage.count(yearRange(year)) <= RANGES_LISTED) {
        const value = () => listOf(coverage.within(yearRange(year)));
        changes.push({ shard: year * SHARDS_PER_YEAR, value });
      } else {
        (this.#byMonth ??= new Set()).add(year);
        changes.push(...months(coverage, january, december));
        changes.push({ shard: year * SHARDS_PER_YEAR, value: undefined });
      }
    }
    return changes;
  }
}

/** Reads coverage from shards in order; ranges that meet at the border of two shards are merged. */
export function readShards(
  stored: Iterable<readonly [Shard, ShardValue]>,
): { coverage: Coverage; shards: Shards } {
  const ranges: Covered[] = [];
  let byMonth: Set<number> | undefined;
  let whole: number | undefined;
  for (const [shard, value] of stored) {
    const year = Math.floor(shard / SHARDS_PER_YEAR);
    if (shard % SHARDS_PER_YEAR === 0) whole = year;
    else if (year === whole) continue;
    else (byMonth ??= new Set()).add(year);
    if ("states" in value) addMinutes(ranges, value);
    else addList(ranges, value);
  }
  return { coverage: new Coverage(ranges), shards: new Shards(byMonth) };
}

function months(coverage: Coverage, first: number, last: number): ShardChange[] {
  const changes: ShardChange[] = [];
  for (let month = first; month <= last; month++) {
    const shard = yearOf(month) * SHARDS_PER_YEAR + month % MONTHS + 1;
    changes.push({ shard, value: () => encodeMonth(coverage, month) });
  }
  return changes;
}

function encodeMonth(coverage: Coverage, month: number): ShardValue {
  const range = { from: firstOf(month), to: firstOf(month + 1) };
  const parts = coverage.within(range);
  return parts.length > RANGES_LISTED ? encodeMinutes(parts, range) : listOf(parts);
}

function listOf(parts: readonly Covered[]): number[] {
  return parts.flatMap((part) => [part.from, part.to, stateOf(part)]);
}

function stateOf(range: Covered): number {
  return (range.empty ? EMPTY : 0) | (range.settled ? SETTLED : 0);
}

function addList(ranges: Covered[], flat: readonly number[]): void {
  for (let i = 0; i + 2 < flat.length; i += 3) {
    append(ranges, flat[i]!, flat[i + 1]!, flat[i + 2]!);
  }
}

function encodeMinutes(parts: readonly Covered[], { from, to }: Window): MonthMinutes {
  const states = new Uint8Array(Math.ceil((to - from) / 2));
  for (const part of parts) {
    for (let at = part.from - from; at < part.to - from; at++) {
      states[at >> 1]! |= (DONE | stateOf(part)) << (at % 2 * 4);
    }
  }
  return { from, states };
}

function addMinutes(ranges: Covered[], { from, states }: MonthMinutes): void {
  for (let at = 0; at < states.length * 2; at++) {
    const state = states[at >> 1]! >> (at % 2 * 4) & 15;
    if ((state & DONE) !== 0) append(ranges, from + at, from + at + 1, state);
  }
}

function append(ranges: Covered[], from: CivilMinute, to: CivilMinute, state: number): void {
  const [empty, settled] = [(state & EMPTY) !== 0, (state & SETTLED) !== 0];
  const last = ranges.at(-1);
  if (last?.to !== from || last.empty !== empty || last.settled !== settled) {
    ranges.push({ from, to, empty, settled });
  } else ranges[ranges.length - 1] = { from: last.from, to, empty, settled };
}

/** The month of a moment, counted from January of the year 0. */
function monthAt(at: CivilMinute): number {
  const { year, month } = civilParts(at);
  return year * MONTHS + month - 1;
}

function yearOf(month: number): number {
  return Math.floor(month / MONTHS);
}

function yearRange(year: number): Window {
  return { from: firstOf(year * MONTHS), to: firstOf((year + 1) * MONTHS) };
}

/** The first minute of a month. */
function firstOf(month: number): CivilMinute {
  return fromParts(yearOf(month), month % MONTHS + 1, 1) ?? 0;
}
