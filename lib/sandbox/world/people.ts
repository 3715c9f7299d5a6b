/**
 * Trainers, jockeys and owners. Each holds one of a fixed number of places for some years and then gives way to a
 * successor, so people reappear day after day and still change over the decades. A person is a function
 * of role, division, place and year.
 *
 * @module
 */

import type { Home } from "./courses.ts";
import { Dice, keyOf, mix } from "./random.ts";
import { familyNames, foreignNames, givenNames, locations, ownerForms } from "./words.ts";

/** Somebody with an id. */
export interface Person {
  /** Such as `trn_11763`. */
  readonly id: string;
  /** Without a jockey's claim. */
  readonly name: string;
}

/** A trainer and where the stable is. */
export interface Trainer extends Person {
  /** Such as `Ludlow, Shropshire`. */
  readonly location: string;
}

/** A jockey and the weight allowance of a beginner. */
export interface Jockey extends Person {
  /** Pounds: 0, 3, 5 or 7; falls as the jockey's years pass. */
  readonly claimLbs: number;
}

/** Racing on the flat or over jumps. */
export type Code = "flat" | "jump";

const homeIndex: Readonly<Record<Home, number>> = { GB: 0, IRE: 1, ROW: 2 };
const trainerPlaces: Readonly<Record<Home, number>> = { GB: 520, IRE: 260, ROW: 160 };
const ownerPlaces: Readonly<Record<Home, number>> = { GB: 2600, IRE: 1100, ROW: 500 };

/** How many jockeys ride at a time; primes, so that a day can shuffle them. */
export const jockeyPlaces: Readonly<Record<Home, Readonly<Record<Code, number>>>> = {
  GB: { flat: 163, jump: 181 },
  IRE: { flat: 89, jump: 109 },
  ROW: { flat: 83, jump: 41 },
};

const trainerKey = keyOf("trainer");
const jockeyKey = keyOf("jockey");
const ownerKey = keyOf("owner");

/** Who trains in a place in a year. */
export function trainerAt(seed: number, home: Home, place: number, year: number): Trainer {
  const key = mix(mix(seed, trainerKey), homeIndex[home] * 4096 + place);
  const { turn } = tenure(key, year, 14, 30);
  const dice = new Dice(mix(key, turn));
  return {
    id: `trn_${idNumber(home, place, turn) * 9}`,
    name: trainerName(dice, home),
    location: dice.pick(locations[home]),
  };
}

/** A trainer's place, the bigger stables more often. */
export function trainerPlace(dice: Dice, home: Home): number {
  return Math.floor(trainerPlaces[home] * dice.float() ** 2);
}

/** Who owns from a place in a year. */
export function ownerAt(seed: number, home: Home, place: number, year: number): Person {
  const key = mix(mix(seed, ownerKey), homeIndex[home] * 4096 + place);
  const { turn } = tenure(key, year, 12, 35);
  const name = ownerName(new Dice(mix(key, turn)), home);
  return { id: `own_${idNumber(home, place, turn) * 4}`, name };
}

/** An owner's place. */
export function ownerPlace(dice: Dice, home: Home): number {
  return Math.floor(ownerPlaces[home] * dice.float() ** 1.5);
}

/** Who rides from a place in a year. `place` is below `jockeyPlaces[home][code]`. */
export function jockeyAt(
  seed: number,
  home: Home,
  code: Code,
  place: number,
  year: number,
): Jockey {
  const seat = (code === "jump" ? 256 : 0) + place;
  const key = mix(mix(seed, jockeyKey), homeIndex[home] * 4096 + seat);
  const { turn, since } = tenure(key, year, 10, 22);
  const dice = new Dice(mix(key, turn));
  const apprentice = dice.chance(0.6);
  return {
    id: `jky_${idNumber(home, seat, turn) * 3}`,
    name: jockeyName(dice, home),
    claimLbs: apprentice ? [7, 5, 3][since] ?? 0 : 0,
  };
}

/** Which holder of a place it is (`turn`) and how many years ago that one came (`since`). */
function tenure(key: number, year: number, leastYears: number, mostYears: number) {
  const dice = new Dice(key);
  const years = dice.between(leastYears, mostYears);
  const elapsed = year - 1900 + dice.below(years);
  return { turn: Math.floor(elapsed / years), since: elapsed % years };
}

function idNumber(home: Home, place: number, turn: number): number {
  return 1000 + (turn * 3 + homeIndex[home]) * 4096 + place;
}

function familyName(dice: Dice, home: Home): string {
  return dice.pick(home === "ROW" ? foreignNames : familyNames);
}

function initials(dice: Dice): string {
  const letters = "ABCDEFGHJKLMNPRSTW";
  return dice.chance(0.5)
    ? dice.pick([...letters])
    : `${dice.pick([...letters])} ${dice.pick([...letters])}`;
}

function trainerName(dice: Dice, home: Home): string {
  const family = familyName(dice, home);
  if (home === "ROW") return `${dice.pick(givenNames)[0]} ${family}`;
  const given = dice.pick(givenNames);
  const roll = dice.float();
  if (roll < 0.06) return `${given} & ${dice.pick(givenNames)} ${family}`;
  if (roll < 0.1) return `${given} ${family} & ${dice.pick(givenNames)} ${dice.pick(familyNames)}`;
  if (roll < 0.13) return `Dr ${given} ${family}`;
  return `${given} ${family}`;
}

function jockeyName(dice: Dice, home: Home): string {
  const title = dice.chance(0.05) ? dice.pick(["Mr ", "Miss ", "Ms "]) : "";
  return `${title}${dice.pick(givenNames)} ${familyName(dice, home)}`;
}

function ownerName(dice: Dice, home: Home): string {
  const family = familyName(dice, home);
  const roll = dice.float();
  if (roll < 0.25) return `${dice.pick(givenNames)} ${family}`;
  if (roll < 0.45) {
    return `${dice.pick(["Mr ", "Mrs ", "Ms ", "Sir ", ""])}${initials(dice)} ${family}`;
  }
  if (roll < 0.6) return `${family}, ${initials(dice)} ${familyName(dice, home)} Et Al`;
  if (roll < 0.7) return `${family} & ${familyName(dice, home)}`;
  return dice.pick(ownerForms).replace("*", family);
}
