/**
 * The career of a horse: when it races, who trains and owns it, when it is gelded. Each is a function of the horse's
 * number, so any day of a career can be computed alone.
 *
 * @module
 */

import { newYear, yearOf } from "./calendar.ts";
import { type Code, ownerAt, ownerPlace, type Person, type Trainer } from "./people.ts";
import { trainerAt, trainerPlace } from "./people.ts";
import { choice, Dice, keyOf, mix } from "./random.ts";
import { cohortOf, type Stratum } from "./stratum.ts";

/** The days between which a horse may run, both included. */
export interface Career {
  /** First day. */
  readonly from: number;
  /** Last day. */
  readonly to: number;
}

/** An owner or trainer of the horse, from a day on. */
export interface Stint<T extends Person> {
  /** The first day. */
  readonly since: number;
  /** The owner or trainer. */
  readonly person: T;
}

/** Those who had a horse, earliest first. */
export interface Hands {
  /** At least one for a horse that races. */
  readonly trainers: readonly Stint<Trainer>[];
  /** At least one for a horse that races. */
  readonly owners: readonly Stint<Person>[];
}

const careerKey = keyOf("career");

/** When a horse with a stratum runs. */
export function careerOf(seed: number, number: number, code: Code): Career {
  const dice = new Dice(mix(mix(seed, careerKey), number));
  const cohort = cohortOf(number);
  const debut = debutAge[code](dice);
  const last = Math.max(debut, lastAge[code](dice));
  const days = Math.floor(200 * dice.float() ** 1.6); // most come out early in the season
  const from = newYear(cohort + debut) + (debut === 2 ? 85 : 0) + days;
  const to = newYear(cohort + last + 1) - 1 - dice.below(200);
  return { from, to: Math.max(from + 30, to) };
}

/** The owners and trainers of a horse over its career. */
export function handsOf(seed: number, dice: Dice, number: number, stratum: Stratum): Hands {
  const { home, code } = stratum;
  const career = careerOf(seed, number, code);
  return {
    trainers: moves(dice, career, 0.3).map((since) => ({
      since,
      person: trainerAt(seed, home, trainerPlace(dice, home), yearOf(since)),
    })),
    owners: moves(dice, career, 0.25).map((since) => ({
      since,
      person: ownerAt(seed, home, ownerPlace(dice, home), yearOf(since)),
    })),
  };
}

/** The day a male is gelded; Infinity if never. */
export function geldedOn(dice: Dice, cohort: number, code: Code): number {
  if (!dice.chance(code === "jump" ? 0.94 : 0.62)) return Infinity;
  return newYear(cohort + (code === "jump" ? 2 : dice.between(2, 4))) + dice.below(365);
}

/** The index of the stint in force on a day; 0 before the first one began. */
export function stintOn<T extends Person>(stints: readonly Stint<T>[], day: number): number {
  let current = 0;
  while (current + 1 < stints.length && stints[current + 1]!.since <= day) current++;
  return current;
}

/** The days a horse changes hands: the first, well before its career, then up to two within it. */
function moves(dice: Dice, { from, to }: Career, share: number): number[] {
  const days = [from - 200];
  if (dice.chance(share)) days.push(dice.between(from + 1, to));
  if (days.length > 1 && dice.chance(share)) days.push(dice.between(days[1]! + 1, to + 1));
  return days;
}

const debutAge = {
  flat: choice([[72, 2], [24, 3], [4, 4]]),
  jump: choice([[8, 3], [45, 4], [35, 5], [12, 6]]),
};

const lastAge = {
  flat: choice([[8, 2], [30, 3], [25, 4], [14, 5], [9, 6], [6, 7], [4, 8], [3, 9], [1, 10]]),
  jump: choice([[12, 5], [18, 6], [20, 7], [18, 8], [13, 9], [12, 10], [5, 11], [2, 12]]),
};
