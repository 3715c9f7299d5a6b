/**
 * A horse: everything about it that never changes. It is a function of its number, so the same horse appears on any day of
 * its career and can be looked up by its id, without stored state.
 *
 * @module
 */

import { newYear, yearOf } from "./calendar.ts";
import { geldedOn, type Hands, handsOf } from "./career.ts";
import { isMale, parentsOf, type Relative, relative } from "./pedigree.ts";
import { choice, Dice, keyOf, mix } from "./random.ts";
import { cohortOf, numberOfId, type Stratum, stratumAt } from "./stratum.ts";
import { breederForms, familyNames } from "./words.ts";

/** The constant facts about a horse. */
export interface Horse extends Relative, Hands {
  /** Year of foaling; age counts in calendar years from it. */
  readonly cohort: number;
  /** Absent for stallions at stud, which never race here. */
  readonly stratum: Stratum | undefined;
  /** False for fillies and mares. */
  readonly male: boolean;
  /** The day it was gelded; Infinity if never. */
  readonly geldedOn: number;
  /** Day of birth. */
  readonly foaledOn: number;
  /** Such as `b` or `b/br`. */
  readonly colour: string;
  /** Who bred it. */
  readonly breeder: string;
  /** Ability in the handicapper's pounds. */
  readonly rating: number;
  /** Father. */
  readonly sire: Relative;
  /** Mother. */
  readonly dam: Relative;
  /** Mother's father. */
  readonly damsire: Relative;
}

/** A horse's sex, in words and as the one-letter code. */
export interface Sex {
  /** `colt`, `filly`, `gelding`, `horse` or `mare`. */
  readonly text: string;
  /** `C`, `F`, `G`, `H` or `M`. */
  readonly code: string;
}

const portraitKey = keyOf("portrait");

/** The horse with a number. */
export function horse(seed: number, number: number): Horse {
  const dice = new Dice(mix(mix(seed, portraitKey), number));
  const cohort = cohortOf(number);
  const stratum = stratumAt(number);
  const male = isMale(seed, number);
  const { sire, dam } = parentsOf(seed, number);
  const { name, region } = relative(seed, number);
  const { trainers, owners } = stratum ? handsOf(seed, dice, number, stratum) : nobody;
  return {
    number,
    name,
    region,
    cohort,
    stratum,
    male,
    geldedOn: male && stratum ? geldedOn(dice, cohort, stratum.code) : Infinity,
    foaledOn: newYear(cohort) + 14 + dice.below(135),
    colour: colour(dice),
    breeder: dice.pick(breederForms).replace("*", dice.pick(familyNames)),
    rating: stratum ? ratingOf(dice, stratum) : 120,
    sire: relative(seed, sire),
    dam: relative(seed, dam),
    damsire: relative(seed, parentsOf(seed, dam).sire),
    trainers,
    owners,
  };
}

/** The horse with an id (`hrs_...`), or `undefined` if no horse has it. */
export function horseById(seed: number, id: string): Horse | undefined {
  const number = numberOfId(id);
  return number === undefined ? undefined : horse(seed, number);
}

/** A horse's sex on a day. */
export function sexOn(horse: Horse, day: number): Sex {
  const grown = yearOf(day) - horse.cohort > 4;
  if (!horse.male) return grown ? sexes.mare : sexes.filly;
  if (day >= horse.geldedOn) return sexes.gelding;
  return grown ? sexes.horse : sexes.colt;
}

const nobody: Hands = { trainers: [], owners: [] };

const sexes = {
  mare: { text: "mare", code: "M" },
  filly: { text: "filly", code: "F" },
  gelding: { text: "gelding", code: "G" },
  horse: { text: "horse", code: "H" },
  colt: { text: "colt", code: "C" },
} as const;

const colour = choice([
  [52, "b"],
  [22, "ch"],
  [8, "br"],
  [9, "gr"],
  [6, "b/br"],
  [2, "bl"],
  [1, "ro"],
]);

function ratingOf(dice: Dice, stratum: Stratum): number {
  const least = [94, 70, 46][stratum.tier]!;
  return dice.between(least, least + 26) + (stratum.code === "jump" ? 34 : 0);
}
