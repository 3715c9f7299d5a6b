// Measures the rate of requests over the last seconds, by stream. Pure. Invariant: the rates of the streams add
// up to the rate of all of them, and memory stays bounded at any rate.

/** Shortest time over which the rate is measured. */
const SHORTEST_MS = 10_000;

/** Requests that the measured time holds at the allowed rate, at least. */
const LEAST_REQUESTS = 8;

/** Parts of that time; what is older leaves part by part. */
const PARTS = 40;

/** Requests below which there is no rate yet. */
const LEAST_TO_MEASURE = 3;

/** Requests of a short time. */
interface Part {
  readonly firstAtMs: number;
  lastAtMs: number;
  count: number;
  readonly byStream: Map<string, number>;
}

/** The requests of the last seconds. */
export class RateMeter {
  readonly #spanMs: number;
  readonly #parts: Part[] = [];

  /** `allowed` is the allowed rate in requests per second; null without a limit. */
  constructor(allowed: number | null) {
    this.#spanMs = Math.max(SHORTEST_MS, 1000 * LEAST_REQUESTS / (allowed ?? Infinity));
  }

  /** Counts one request, which costs `weight`. */
  add(stream: string, atMs: number, weight = 1): void {
    let part = this.#parts.at(-1);
    if (part === undefined || atMs >= part.firstAtMs + this.#spanMs / PARTS) {
      part = { firstAtMs: atMs, lastAtMs: atMs, count: 0, byStream: new Map() };
      this.#parts.push(part);
      this.#drop(atMs);
    }
    part.lastAtMs = atMs;
    part.count += 1;
    part.byStream.set(stream, (part.byStream.get(stream) ?? 0) + weight);
  }

  /** Requests per second of each stream, by weight; it falls while nothing is sent. Empty until it is known. */
  rates(nowMs: number): ReadonlyMap<string, number> {
    this.#drop(nowMs);
    const [first, last] = [this.#parts[0], this.#parts.at(-1)];
    const count = this.#parts.reduce((sum, part) => sum + part.count, 0);
    if (first === undefined || last === undefined || count < LEAST_TO_MEASURE) return new Map();
    const between = (count - 1) * 1000 / Math.max(1, last.lastAtMs - first.firstAtMs);
    const perSecond = Math.min(between, count * 1000 / Math.max(1, nowMs - first.firstAtMs));
    const weights = new Map<string, number>();
    for (const { byStream } of this.#parts) {
      for (const [stream, weight] of byStream) {
        weights.set(stream, (weights.get(stream) ?? 0) + weight);
      }
    }
    return new Map([...weights].map(([stream, weight]) => [stream, perSecond * weight / count]));
  }

  #drop(nowMs: number): void {
    while (this.#parts.length > 0 && this.#parts[0]!.lastAtMs < nowMs - this.#spanMs) {
      this.#parts.shift();
    }
  }
}
