// Counts requests by time, for the curve of the last hour. Invariant: it holds one hour, however long the
// process runs.
import type { RatePoint } from "./run_progress.ts";

/** Length of one point. */
const POINT_MS = 20_000;

/** Points of an hour. */
const POINTS = 3_600_000 / POINT_MS;

/** Requests of the last hour. */
export class RateCurve {
  readonly #counts = new Map<number, number>();
  #firstAtMs: number | undefined;

  /** Adds one request. */
  add(atMs: number): void {
    this.#firstAtMs ??= atMs;
    const point = Math.floor(atMs / POINT_MS);
    this.#counts.set(point, (this.#counts.get(point) ?? 0) + 1);
    if (this.#counts.size > POINTS + 1) this.#counts.delete(this.#counts.keys().next().value!);
  }

  /** The points of the hour before `nowMs`, since the first request; the last one is not over yet. */
  points(nowMs: number): RatePoint[] {
    if (this.#firstAtMs === undefined) return [];
    const last = Math.floor(nowMs / POINT_MS);
    const first = Math.max(last - POINTS, Math.floor(this.#firstAtMs / POINT_MS));
    return Array.from({ length: last - first + 1 }, (_, at) => {
      const startMs = Math.max((first + at) * POINT_MS, at === 0 ? this.#firstAtMs! : 0);
      const endMs = Math.min((first + at + 1) * POINT_MS, nowMs);
      const count = this.#counts.get(first + at) ?? 0;
      // The first point may have begun just now.
      return { atMs: startMs, perSecond: count * 1000 / Math.max(endMs - startMs, 1000) };
    });
  }
}
