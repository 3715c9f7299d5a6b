/**
 * How horses are numbered. All horses foaled in a year form a cohort, divided into strata: where trained, flat or jumps,
 * how good. A horse's number says cohort, stratum and index, and its id is the number in the API's form; nothing
 * has to be looked up. Stallions at stud are numbered apart, since they never race here.
 *
 * @module
 */

import type { Home } from "./courses.ts";
import type { Code } from "./people.ts";

/** Horses of one cohort that meet each other in races. */
export interface Stratum {
  /** Where they are trained. */
  readonly home: Home;
  /** What they run in. */
  readonly code: Code;
  /** 0 for the best. */
  readonly tier: number;
  /** How many a cohort has; a prime. */
  readonly size: number;
  /** Index of the first one in the cohort. */
  readonly first: number;
}

/** How many stallions a cohort has. */
export const stallionsPerCohort = 16;

const cohortSpan = 8192;
const firstCohort = 1900;
const numberBase = 4_000_000;
const stallionsFirst = 8000;
const idFactor = 7;

/** Sizes by tier, the best first: few good horses, many ordinary ones. */
const sizes: readonly (readonly [Home, Code, readonly number[]])[] = [
  ["GB", "flat", [211, 1009, 1511]],
  ["GB", "jump", [127, 601, 907]],
  ["IRE", "flat", [101, 409, 503]],
  ["IRE", "jump", [101, 401, 503]],
  ["ROW", "flat", [101, 199, 197]],
  ["ROW", "jump", [41, 61, 61]],
];

/** All strata. */
export const strata: readonly Stratum[] = placed(
  sizes.flatMap(([home, code, perTier]) =>
    perTier.map((size, tier) => ({ home, code, tier, size }))
  ),
);

const stratumByIndex = strata.flatMap((s) => Array.from({ length: s.size }, () => s));

/** The stratum of a division, a code and a tier (0 to 2). */
export function stratumOf(home: Home, code: Code, tier: number): Stratum {
  return strata.find((s) => s.home === home && s.code === code && s.tier === tier)!;
}

/** The number of the horse at `index` of a stratum in a cohort. */
export function horseNumber(cohort: number, stratum: Stratum, index: number): number {
  return numberOf(cohort, stratum.first + index);
}

/** The number of the n-th stallion of a cohort. */
export function stallionNumber(cohort: number, n: number): number {
  return numberOf(cohort, stallionsFirst + n);
}

/** The year a horse was foaled. */
export function cohortOf(number: number): number {
  return firstCohort + Math.floor((number - numberBase) / cohortSpan);
}

/** The stratum of a horse; `undefined` for stallions at stud. */
export function stratumAt(number: number): Stratum | undefined {
  return stratumByIndex[indexOf(number)];
}

/** The id of a horse in one of its roles; what follows the prefix is the same in each. */
export function horseId(prefix: "hrs" | "sir" | "dam" | "dsi", number: number): string {
  return `${prefix}_${number * idFactor}`;
}

/** The number behind an id (`hrs_...`), or `undefined` if no horse has it. */
export function numberOfId(id: string): number | undefined {
  const number = Number(/^hrs_(\d{1,12})$/.exec(id)?.[1]) / idFactor;
  if (!Number.isInteger(number) || cohortOf(number) < 1930 || cohortOf(number) > 2060) {
    return undefined;
  }
  const stallion = indexOf(number) - stallionsFirst;
  const exists = stratumAt(number) || (stallion >= 0 && stallion < stallionsPerCohort);
  return exists ? number : undefined;
}

function numberOf(cohort: number, index: number): number {
  return numberBase + (cohort - firstCohort) * cohortSpan + index;
}

function indexOf(number: number): number {
  return (number - numberBase) % cohortSpan;
}

function placed(list: readonly Omit<Stratum, "first">[]): readonly Stratum[] {
  let first = 0;
  return list.map((stratum) => {
    const next = { ...stratum, first };
    first += stratum.size;
    return next;
  });
}
