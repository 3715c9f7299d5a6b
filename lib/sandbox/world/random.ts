/**
 * Chance without history: every value of the sandbox is drawn from a key made of the seed and of what the
 * value belongs to (a day, a horse, a race), never from a running generator. So any day can be generated
 * without the days before it, and the same key always gives the same value.
 *
 * @module
 */

/** Folds `part` into the key `key`; both and the result are 32-bit integers. Order matters. */
export function mix(key: number, part: number): number {
  let h = Math.imul(key ^ 0x2545f491, 0x9e3779b1) + Math.imul(part ^ (part >>> 16), 0x85ebca77);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A key for a text, such as a path or a fault's name. */
export function keyOf(text: string): number {
  let key = text.length;
  for (let i = 0; i < text.length; i++) key = mix(key, text.charCodeAt(i));
  return key;
}

/** A short sequence of draws that follow from one key. */
export class Dice {
  #state: number;

  /** Starts the sequence that belongs to `key`. */
  constructor(key: number) {
    this.#state = key | 0;
  }

  /** A number in `[0, 1)`. */
  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer in `[0, count)`. */
  below(count: number): number {
    return Math.floor(this.float() * count);
  }

  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** One entry of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/**
 * A draw from `[weight, value]` pairs, in proportion to the weights. The pairs are summed once, so keep the draw and
 * use it with many dice.
 */
export function choice<T>(pairs: readonly (readonly [number, T])[]): (dice: Dice) => T {
  const total = pairs.reduce((sum, [weight]) => sum + weight, 0);
  let sum = 0;
  const bounds = pairs.map(([weight]) => (sum += weight) / total);
  const values = pairs.map(([, value]) => value);
  const last = values.length - 1;
  return (dice) => {
    const at = dice.float();
    let n = 0;
    while (n < last && at >= bounds[n]!) n++;
    return values[n]!;
  };
}

/**
 * The entry at `position` of a shuffled `0 .. prime - 1`; each key shuffles differently. Needs no list, and
 * hits every number exactly once because `prime` is one.
 */
export function shuffled(position: number, prime: number, key: number): number {
  const step = 1 + mix(key, 1) % (prime - 1);
  const start = mix(key, 2) % prime;
  return (position * step + start) % prime;
}
