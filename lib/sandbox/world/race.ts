/**
 * A day's races with their runners: the one model of which racecards and results are two views, so that the
 * views cannot disagree. A pure function of date and seed, independent of the clock.
 *
 * @module
 */

import { dayOf, yearOf } from "./calendar.ts";
import { stintOn } from "./career.ts";
import { codeOf, entries } from "./entries.ts";
import { type Finish, run } from "./finish.ts";
import { type Horse, horse, type Sex, sexOn } from "./horse.ts";
import { chances, stepFor } from "./market.ts";
import { type Jockey, jockeyAt, jockeyPlaces, type Person, type Trainer } from "./people.ts";
import { poolOn } from "./pool.ts";
import { type Fixture, programmeOn } from "./programme.ts";
import { choice, Dice, mix, shuffled } from "./random.ts";

/** A horse declared for a race. */
export interface Runner {
  /** The horse. */
  readonly horse: Horse;
  /** In calendar years. */
  readonly age: number;
  /** On the day. */
  readonly sex: Sex;
  /** On the day. */
  readonly trainer: Trainer;
  /** On the day. */
  readonly owner: Person;
  /** Absent for some that do not run. */
  readonly jockey: Jockey | undefined;
  /** Saddlecloth, from 1. */
  readonly number: number;
  /** Stall, from 1; 0 without stalls. */
  readonly draw: number;
  /** Weight carried, in pounds. */
  readonly lbs: number;
  /** Official rating; absent for horses without one. */
  readonly rating: number | undefined;
  /** Such as `h` or `tp`, or empty. */
  readonly headgear: string;
  /** Why it does not run; absent if it does. */
  readonly withdrawn: string | undefined;
  /** Step of the price ladder; see `market.ts`. */
  readonly step: number;
  /** Absent if it does not run, or nobody does. */
  readonly finish: Finish | undefined;
  /** Seed of the words about it. */
  readonly key: number;
}

/** A race and its runners, in the order of the card. */
export interface Race extends Fixture {
  /** By number. */
  readonly runners: readonly Runner[];
  /** The most valuable race of its day. */
  readonly biggest: boolean;
  /** Seconds the winner was slower than standard. */
  readonly slowBySeconds: number;
}

/** The seed of the sandbox unless told otherwise. */
export const defaultSeed = 1;

/**
 * Every race of a date, in the order of off times, with runners and, unless abandoned, how it ended. Empty on a day
 * without racing, before 1988, and for a text that is not a date.
 */
export function racesOn(date: string, seed: number = defaultSeed): readonly Race[] {
  const day = dayOf(date);
  if (day === undefined) return [];
  const fixtures = programmeOn(seed, day);
  const pool = poolOn(seed, day);
  const biggest = Math.max(...fixtures.map((fixture) => fixture.winnerPrize));
  return fixtures.map((fixture) => {
    const dice = new Dice(mix(fixture.key, 1));
    const numbers = entries(dice, seed, fixture, pool);
    const { runners, slowBySeconds } = fieldOf(dice, seed, fixture, numbers);
    return { ...fixture, runners, slowBySeconds, biggest: fixture.winnerPrize === biggest };
  });
}

function fieldOf(dice: Dice, seed: number, race: Fixture, numbers: readonly number[]) {
  const declared = numbers
    .map((number) => entryOf(dice, seed, race, number))
    .sort((a, b) => b.lbs - a.lbs || b.ability - a.ability || a.horse.number - b.horse.number);
  const stays = declared.map((entry, at) => at < 2 || entry.withdrawn === undefined);
  const starters = declared.filter((_, at) => stays[at]);
  const odds = chances(dice, starters.map((entry) => entry.ability));
  const ending = race.abandoned ? undefined : run(dice, race, odds);
  const jockeys = jockeysOf(dice, seed, race, declared.length);
  const stalls = stallsOf(dice, race, declared.length);
  const runners = declared.map(({ ability: _, ...entry }, at): Runner => {
    const start = starters.indexOf(declared[at]!);
    const runs = start >= 0;
    return {
      ...entry,
      withdrawn: runs ? undefined : entry.withdrawn,
      jockey: runs || entry.key % 2 === 0 ? jockeys[at] : undefined,
      number: at + 1,
      draw: stalls[at] ?? 0,
      step: runs ? stepFor(odds[start]!) : 0,
      finish: runs ? ending?.finishes[start] : undefined,
    };
  });
  return { runners, slowBySeconds: ending?.slowBySeconds ?? 0 };
}

const reasons: readonly string[] = [
  "going",
  "self certificate, coughing",
  "self certificate, lame",
  "vet's certificate, bad scope",
  "unruly in stalls",
  "refused to load",
  "travel problems",
];

const headgear = choice([
  [66, ""],
  [9, "p"],
  [7, "h"],
  [6, "b"],
  [5, "t"],
  [3, "v"],
  [2, "tp"],
  [2, "e/s"],
]);

function entryOf(dice: Dice, seed: number, race: Fixture, number: number) {
  const it = horse(seed, number);
  const age = yearOf(race.day) - it.cohort;
  const key = mix(race.key, number);
  const ability = it.rating + dice.between(-4, 4) - (age === 2 ? 8 : 0);
  const unrated = !race.handicap && dice.chance(age === 2 ? 0.8 : 0.35);
  return {
    horse: it,
    age,
    sex: sexOn(it, race.day),
    trainer: it.trainers[stintOn(it.trainers, race.day)]!.person,
    owner: it.owners[stintOn(it.owners, race.day)]!.person,
    lbs: lbsOf(race, ability, it, age),
    ability,
    rating: unrated ? undefined : ability,
    headgear: headgear(dice),
    withdrawn: dice.chance(0.05) ? dice.pick(reasons) : undefined,
    key,
  };
}

function lbsOf(race: Fixture, ability: number, { male }: Horse, age: number): number {
  const flat = codeOf(race) === "flat";
  const top = flat ? 140 : 168;
  if (!race.handicap) return top - 8 - (male ? 0 : flat ? 5 : 7) - (age === 3 ? 6 : 0);
  const best = Number(race.ratingBand.slice(2) || 100);
  return Math.max(top - 28, Math.min(top, top - (best - ability)));
}

/** Each meeting has a share of the day's jockeys to itself, so that nobody rides at two courses. */
function jockeysOf(dice: Dice, seed: number, race: Fixture, count: number): Jockey[] {
  const code = codeOf(race);
  const places = jockeyPlaces[race.home][code];
  const share = Math.floor(places / race.seat.of);
  const start = dice.below(share);
  const year = yearOf(race.day);
  return Array.from({ length: Math.min(count, share) }, (_, n) => {
    const turn = race.seat.index * share + (start + n) % share;
    return jockeyAt(seed, race.home, code, shuffled(turn, places, mix(seed, race.day)), year);
  });
}

function stallsOf(dice: Dice, race: Fixture, count: number): number[] {
  if (codeOf(race) === "jump") return [];
  const stalls = Array.from({ length: count }, (_, n) => n + 1);
  for (let last = count - 1; last > 0; last--) {
    const other = dice.below(last + 1);
    [stalls[last], stalls[other]] = [stalls[other]!, stalls[last]!];
  }
  return stalls;
}
