/**
 * The facts of a horse's birth: name, country, sex, parents. Its dam is a mare of an earlier cohort, which may have raced
 * herself, and its sire a stallion, so pedigrees connect.
 *
 * @module
 */

import { choice, Dice, keyOf, mix } from "./random.ts";
import {
  cohortOf,
  horseNumber,
  stallionNumber,
  stallionsPerCohort,
  strata,
  stratumAt,
} from "./stratum.ts";
import { horseFirsts, horseLasts } from "./words.ts";

/** Enough of a horse to name it. */
export interface Relative {
  /** The horse number, shared by all prefixes of the id. */
  readonly number: number;
  /** Without the country. */
  readonly name: string;
  /** Country of birth, such as `IRE`. */
  readonly region: string;
}

const sexKey = keyOf("sex");
const parentsKey = keyOf("parents");
const nameKey = keyOf("name");

/** A horse as others' relative. */
export function relative(seed: number, number: number): Relative {
  const dice = new Dice(mix(mix(seed, nameKey), number));
  const home = stratumAt(number)?.home;
  return { number, name: nameOf(seed, number), region: (home ? birthplace[home] : stud)(dice) };
}

/** Whether a horse is male; stallions are. */
export function isMale(seed: number, number: number): boolean {
  const stratum = stratumAt(number);
  const share = stratum?.code === "jump" ? 0.66 : 0.54;
  return !stratum || new Dice(mix(mix(seed, sexKey), number)).chance(share);
}

/** The numbers of a horse's parents. */
export function parentsOf(
  seed: number,
  number: number,
): { readonly sire: number; readonly dam: number } {
  const dice = new Dice(mix(mix(seed, parentsKey), number));
  // popular stallions, low in their cohort's list, cover more mares
  const stallion = Math.floor(stallionsPerCohort * dice.float() ** 2);
  const sire = stallionNumber(cohortOf(number) - dice.between(4, 20), stallion);
  return { sire, dam: damOf(seed, dice, number) };
}

/** The first mare found from a random place in the horse's own stratum, some years before. */
function damOf(seed: number, dice: Dice, number: number): number {
  const stratum = stratumAt(number) ?? strata[0]!;
  const born = cohortOf(number) - dice.between(5, 15);
  const start = dice.below(stratum.size);
  for (let n = 0; n < stratum.size; n++) {
    const dam = horseNumber(born, stratum, (start + n) % stratum.size);
    if (!isMale(seed, dam)) return dam;
  }
  return horseNumber(born, stratum, start);
}

/** Walks all pairs of words in strides, so that a name returns only after some 16 cohorts. */
function nameOf(seed: number, number: number): string {
  const pairs = horseFirsts.length * horseLasts.length;
  const pair = (number * 84_679 + seed * 7_919) % pairs;
  const first = pair % horseFirsts.length;
  const last = (Math.floor(pair / horseFirsts.length) + first * 173) % horseLasts.length;
  return `${horseFirsts[first]} ${horseLasts[last]}`;
}

const birthplace = {
  GB: choice([[45, "GB"], [42, "IRE"], [8, "FR"], [3, "GER"], [2, "USA"]]),
  IRE: choice([[76, "IRE"], [14, "GB"], [9, "FR"], [1, "USA"]]),
  ROW: choice([
    [55, "FR"],
    [15, "GER"],
    [12, "IRE"],
    [10, "GB"],
    [4, "USA"],
    [2, "JPN"],
    [2, "ITY"],
  ]),
};

const stud = choice([
  [38, "IRE"],
  [34, "GB"],
  [14, "FR"],
  [8, "USA"],
  [4, "GER"],
  [2, "AUS"],
]);
