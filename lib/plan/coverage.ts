// Owns the coverage of one track: which ranges of dates are done, whether they are empty, and whether
// they may still change. It is a union of ranges, independent of how windows were cut, so a changed
// window length loses nothing. Ranges are sorted, disjoint and merged with neighbors of the same state.
// It does no I/O. Dates in no range were never fetched.
import type { Window } from "./time/window.ts";

/** The state of a range that is done. */
export interface RangeState {
  /** Whether the API had no record for it. */
  readonly empty: boolean;
  /** Whether it was old enough when it was fetched to be final. */
  readonly settled: boolean;
}

/** A range that is done. */
export interface Covered extends Window, RangeState {}

/** The union of the windows of one track that are done. */
export class Coverage {
  #ranges: Covered[];

  /** Creates coverage from sorted, disjoint ranges, as `ranges` returns them. */
  constructor(ranges: readonly Covered[] = []) {
    this.#ranges = [...ranges];
  }

  /** The ranges that are done, sorted and disjoint. */
  get ranges(): readonly Covered[] {
    return this.#ranges;
  }

  /** Marks a window as done, replacing the state of its dates. */
  add(window: Window, state: RangeState): void {
    if (window.from >= window.to) return;
    const start = this.#firstTouching(window.from);
    let end = start;
    let { from, to } = window;
    const before: Covered[] = [];
    const after: Covered[] = [];
    for (; end < this.#ranges.length; end++) {
      const range = this.#ranges[end]!;
      if (range.from > window.to) break;
      if (same(range, state)) {
        from = Math.min(from, range.from);
        to = Math.max(to, range.to);
        continue;
      }
      if (range.from < window.from) before.push({ ...range, to: Math.min(range.to, window.from) });
      if (range.to > window.to) after.push({ ...range, from: Math.max(range.from, window.to) });
    }
    this.#ranges.splice(start, end - start, ...before, { from, to, ...pick(state) }, ...after);
  }

  /** The parts of a range that are done, clipped to it. */
  within(range: Window): Covered[] {
    const parts: Covered[] = [];
    for (let i = this.#firstTouching(range.from); i < this.#ranges.length; i++) {
      const covered = this.#ranges[i]!;
      if (covered.from >= range.to) break;
      const from = Math.max(covered.from, range.from);
      const to = Math.min(covered.to, range.to);
      if (from < to) parts.push({ ...covered, from, to });
    }
    return parts;
  }

  /** The number of parts that `within` returns. */
  count(range: Window): number {
    if (range.from >= range.to) return 0;
    const start = this.#firstTouching(range.from + 1);
    const end = this.#firstTouching(range.to);
    const last = this.#ranges[end];
    return end - start + (last !== undefined && last.from < range.to ? 1 : 0);
  }

  /** The parts of a range that are not done, in order. */
  gaps(range: Window): Window[] {
    return subtract(range, this.#ranges.slice(this.#firstTouching(range.from)));
  }

  /** The parts of a range that are done but may still change. */
  unsettled(range: Window): Window[] {
    return union(this.within(range).filter((covered) => !covered.settled));
  }

  /** The done ranges in any state, merged if they touch. */
  spans(): Window[] {
    return union(this.#ranges);
  }

  /** Index of the first range that ends at or after a position (a binary search). */
  #firstTouching(at: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.to < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function same(a: RangeState, b: RangeState): boolean {
  return a.empty === b.empty && a.settled === b.settled;
}

function pick(state: RangeState): RangeState {
  return { empty: state.empty, settled: state.settled };
}

/** The parts of a range outside sorted ranges. */
export function subtract(range: Window, parts: readonly Window[]): Window[] {
  const rest: Window[] = [];
  let from = range.from;
  for (const part of parts) {
    if (part.to <= from) continue;
    if (part.from >= range.to) break;
    if (part.from > from) rest.push({ from, to: Math.min(part.from, range.to) });
    from = Math.max(from, part.to);
  }
  if (from < range.to) rest.push({ from, to: range.to });
  return rest;
}

/** The union of ranges: sorted, disjoint, merged if they touch. */
export function union(ranges: readonly Window[]): Window[] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else if (from < to) merged.push({ from, to });
  }
  return merged;
}

/** The intersection of two ranges; undefined if it is empty. */
export function intersect(a: Window, b: Window): Window | undefined {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? { from, to } : undefined;
}
