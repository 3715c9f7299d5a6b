// Owns the digest of the rows of a window: equal rows in any order and in any number of pages have equal
// digests. It distinguishes rows that an API changed; it protects nothing. Invariant: its size is constant.
import type { RowSet } from "../extract/row_shape.ts";

/** Marks a null, which no value of PostgreSQL's text form contains. */
const NULL_UNIT = 0;
/** Ends a value. */
const END_UNIT = 1;

/** Sums stay exact whatever the number of rows. */
const MODULUS = 2 ** 40;

/** The digest of the rows so far. */
export class RowDigest {
  #rows = 0;
  #sums: [number, number] = [0, 0];

  /** Adds rows; their order does not matter. */
  add({ shape, rows }: RowSet): void {
    const [first, second] = [seedOf(shape.id, 0x811c9dc5), seedOf(shape.id, 0x9e3779b9)];
    for (const row of rows) {
      let [a, b] = [first, second];
      for (const value of row) {
        if (value === null) [a, b] = [mix(a, NULL_UNIT), mix(b, NULL_UNIT)];
        else {
          for (let at = 0; at < value.length; at++) {
            const unit = value.charCodeAt(at);
            a = Math.imul(a ^ unit, 0x01000193);
            b = Math.imul(b ^ unit, 0x85ebca6b);
          }
        }
        [a, b] = [mix(a, END_UNIT), mix(b, END_UNIT)];
      }
      this.#sums = [(this.#sums[0] + (a >>> 0)) % MODULUS, (this.#sums[1] + (b >>> 0)) % MODULUS];
      this.#rows++;
    }
  }

  /** The digest as a string. */
  get text(): string {
    return [this.#rows, ...this.#sums].map((part) => part.toString(36)).join("-");
  }
}

function mix(hash: number, unit: number): number {
  const mixed = Math.imul(hash ^ unit, 0x01000193);
  return mixed ^ mixed >>> 15;
}

function seedOf(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = mix(hash, text.charCodeAt(at));
  return hash;
}
