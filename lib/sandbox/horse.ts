/**
 * Horses. All horses foaled in a year form a cohort, divided into strata (where trained, flat or jumps, how good); a
 * horse is a function of its number, which says cohort, stratum and index. So the same horse can be met
 * on any day of its career, and looked up by its id, without a record of anything. Its dam is a mare of
 * an earlier cohort, so pedigrees connect.
 *
 * @module
 */

import type { Home } from "./courses.ts";
import { newYear, yearOf } from "./calendar.ts";
import type { Code, Person, Trainer } from "./people.ts";
import { ownerAt, ownerPlace, trainerAt, trainerPlace } from "./people.ts";
import { choice, Dice, keyOf, mix } from "./random.ts";
import { breederForms, familyNames, horseFirsts, horseLasts } from "./words.ts";

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

/** A parent or grandparent: enough to name it. */
export interface Relative {
  /** The horse number, shared by all prefixes of the id. */
  readonly number: number;
  /** Without the country. */
  readonly name: string;
  /** Country of birth, such as `IRE`. */
  readonly region: string;
}

/** From a day on, somebody has the horse. */
export interface Stint<T extends Person> {
  /** The first day. */
  readonly since: number;
  /** Who has it. */
  readonly person: T;
}

/** What stays true of a horse whatever the day. */
export interface Horse extends Relative {
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
  /** Earliest first; at least one. */
  readonly trainers: readonly Stint<Trainer>[];
  /** Earliest first; at least one. */
  readonly owners: readonly Stint<Person>[];
}

/** The days between which a horse may run, both included. */
export interface Career {
  /** First day. */
  readonly from: number;
  /** Last day. */
  readonly to: number;
}

const cohortSpan = 8192;
const firstCohort = 1900;
const numberBase = 4_000_000;
const stallionsFirst = 8000;
const stallionsPerCohort = 16;

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

/** The id of a horse in one of its roles; the number behind the prefix is the same in each. */
export function horseId(prefix: "hrs" | "sir" | "dam" | "dsi", number: number): string {
  return `${prefix}_${number * 7}`;
}

/** The horse an id (`hrs_...`) means, or `undefined` if no horse has it. */
export function horseById(seed: number, id: string): Horse | undefined {
  const digits = /^hrs_(\d{1,12})$/.exec(id)?.[1];
  const number = Number(digits) / 7;
  if (!Number.isInteger(number)) return undefined;
  const cohort = cohortOf(number);
  if (cohort < 1930 || cohort > 2060 || !isPlaced(number)) return undefined;
  return horse(seed, number);
}

const careerKey = keyOf("career");
const sexKey = keyOf("sex");
const portraitKey = keyOf("portrait");
const nameKey = keyOf("name");

/** When a horse with a stratum runs. Cheaper than {@linkcode horse}, for choosing among many. */
export function careerOf(seed: number, number: number, code: Code): Career {
  const dice = new Dice(mix(mix(seed, careerKey), number));
  const cohort = cohortOf(number);
  const debut = debutAge[code](dice);
  const last = Math.max(debut, lastAge[code](dice));
  const from = newYear(cohort + debut) + (debut === 2 ? 85 : 0) +
    Math.floor(200 * dice.float() ** 1.6);
  const to = newYear(cohort + last + 1) - 1 - dice.below(200);
  return { from, to: Math.max(from + 30, to) };
}

/** Whether a horse is male. Cheaper than {@linkcode horse}. */
export function isMale(seed: number, number: number): boolean {
  const share = stratumAt(number)?.code === "jump" ? 0.66 : 0.54;
  return new Dice(mix(mix(seed, sexKey), number)).chance(share);
}

/** Everything that stays true of a horse. */
export function horse(seed: number, number: number): Horse {
  const cohort = cohortOf(number);
  const stratum = stratumAt(number);
  const dice = new Dice(mix(mix(seed, portraitKey), number));
  const male = stratum === undefined || isMale(seed, number);
  const sire = relative(seed, sireOf(dice, cohort));
  const dam = relative(seed, damOf(seed, dice, cohort, stratum));
  return {
    ...relative(seed, number),
    cohort,
    stratum,
    male,
    geldedOn: male && stratum ? geldedOn(dice, cohort, stratum.code) : Infinity,
    foaledOn: newYear(cohort) + 14 + dice.below(135),
    colour: colour(dice),
    breeder: dice.pick(breederForms).replace("*", dice.pick(familyNames)),
    rating: stratum ? ratingOf(dice, stratum) : 120,
    sire,
    dam,
    damsire: relative(seed, sireOfNumber(seed, dam.number)),
    ...(stratum ? stintsOf(seed, dice, number, stratum) : { trainers: [], owners: [] }),
  };
}

/** A horse's sex on a day, in words and as the one-letter code. */
export function sexOn(horse: Horse, day: number): { readonly text: string; readonly code: string } {
  const grown = yearOf(day) - horse.cohort > 4;
  if (!horse.male) return grown ? sexes.mare : sexes.filly;
  if (day >= horse.geldedOn) return sexes.gelding;
  return grown ? sexes.horse : sexes.colt;
}

/** The stint in force on a day; the first one before it began. */
export function stintOn<T extends Person>(stints: readonly Stint<T>[], day: number): number {
  let current = 0;
  while (current + 1 < stints.length && stints[current + 1]!.since <= day) current++;
  return current;
}

const sexes = {
  mare: { text: "mare", code: "M" },
  filly: { text: "filly", code: "F" },
  gelding: { text: "gelding", code: "G" },
  horse: { text: "horse", code: "H" },
  colt: { text: "colt", code: "C" },
} as const;

const debutAge = {
  flat: choice([[72, 2], [24, 3], [4, 4]]),
  jump: choice([[8, 3], [45, 4], [35, 5], [12, 6]]),
};

const lastAge = {
  flat: choice([[8, 2], [30, 3], [25, 4], [14, 5], [9, 6], [6, 7], [4, 8], [3, 9], [1, 10]]),
  jump: choice([[12, 5], [18, 6], [20, 7], [18, 8], [13, 9], [12, 10], [5, 11], [2, 12]]),
};

const colour = choice([
  [52, "b"],
  [22, "ch"],
  [8, "br"],
  [9, "gr"],
  [6, "b/br"],
  [2, "bl"],
  [1, "ro"],
]);

const birthplace = {
  GB: choice([[45, "GB"], [42, "IRE"], [8, "FR"], [3, "GER"], [2, "USA"]]),
  IRE: choice([[76, "IRE"], [14, "GB"], [9, "FR"], [1, "USA"]]),
  ROW: choice([[55, "FR"], [15, "GER"], [12, "IRE"], [10, "GB"], [4, "USA"], [2, "JPN"], [
    2,
    "ITY",
  ]]),
};

const stud = choice([
  [38, "IRE"],
  [34, "GB"],
  [14, "FR"],
  [8, "USA"],
  [4, "GER"],
  [2, "AUS"],
]);

function placed(list: readonly Omit<Stratum, "first">[]): readonly Stratum[] {
  let first = 0;
  return list.map((stratum) => {
    const next = { ...stratum, first };
    first += stratum.size;
    return next;
  });
}

function numberOf(cohort: number, index: number): number {
  return numberBase + (cohort - firstCohort) * cohortSpan + index;
}

function cohortOf(number: number): number {
  return firstCohort + Math.floor((number - numberBase) / cohortSpan);
}

function stratumAt(number: number): Stratum | undefined {
  return stratumByIndex[(number - numberBase) % cohortSpan];
}

function isPlaced(number: number): boolean {
  const index = (number - numberBase) % cohortSpan - stallionsFirst;
  return stratumAt(number) !== undefined || (index >= 0 && index < stallionsPerCohort);
}

function relative(seed: number, number: number): Relative {
  const dice = new Dice(mix(mix(seed, nameKey), number));
  const home = stratumAt(number)?.home;
  return { number, name: nameOf(seed, number), region: (home ? birthplace[home] : stud)(dice) };
}

/** Walks all pairs of words in strides, so that a name returns only after some 16 cohorts. */
function nameOf(seed: number, number: number): string {
  const pairs = horseFirsts.length * horseLasts.length;
  const pair = (number * 84_679 + seed * 7_919) % pairs;
  const first = pair % horseFirsts.length;
  const last = (Math.floor(pair / horseFirsts.length) + first * 173) % horseLasts.length;
  return `${horseFirsts[first]} ${horseLasts[last]}`;
}

/** The popular stallions, low in their cohort's list, cover more mares. */
function sireOf(dice: Dice, cohort: number): number {
  const index = Math.floor(stallionsPerCohort * dice.float() ** 2);
  return numberOf(cohort - dice.between(4, 20), stallionsFirst + index);
}

/** The sire that {@linkcode horse} gives the number, found alone: the first draws of its portrait. */
function sireOfNumber(seed: number, number: number): number {
  return sireOf(new Dice(mix(mix(seed, portraitKey), number)), cohortOf(number));
}

function damOf(seed: number, dice: Dice, cohort: number, stratum: Stratum | undefined): number {
  const of = stratum ?? strata[0]!;
  const born = cohort - dice.between(5, 15);
  let index = dice.below(of.size);
  for (let tries = 0; tries < 40; tries++) {
    const number = horseNumber(born, of, index);
    if (!isMale(seed, number)) return number;
    index = (index + 1) % of.size;
  }
  return horseNumber(born, of, index);
}

function geldedOn(dice: Dice, cohort: number, code: Code): number {
  if (!dice.chance(code === "jump" ? 0.94 : 0.62)) return Infinity;
  return newYear(cohort + (code === "jump" ? 2 : dice.between(2, 4))) + dice.below(365);
}

function ratingOf(dice: Dice, stratum: Stratum): number {
  const least = [94, 70, 46][stratum.tier]!;
  return dice.between(least, least + 26) + (stratum.code === "jump" ? 34 : 0);
}

function stintsOf(seed: number, dice: Dice, number: number, { home, code }: Stratum) {
  const { from, to } = careerOf(seed, number, code);
  const start = from - 200;
  return {
    trainers: moves(dice, start, from, to, 0.3).map((since) => ({
      since,
      person: trainerAt(seed, home, trainerPlace(dice, home), yearOf(since)),
    })),
    owners: moves(dice, start, from, to, 0.25).map((since) => ({
      since,
      person: ownerAt(seed, home, ownerPlace(dice, home), yearOf(since)),
    })),
  };
}

/** The days a horse changes hands: the first, then up to two within its career. */
function moves(dice: Dice, start: number, from: number, to: number, share: number): number[] {
  const days = [start];
  if (dice.chance(share)) days.push(dice.between(from + 1, to));
  if (days.length > 1 && dice.chance(share)) days.push(dice.between(days[1]! + 1, to + 1));
  return days;
}
