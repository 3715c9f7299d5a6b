/**
 * A runner as its racecard shows it: pedigree, people, figures, words and prices, field by field in the order of the
 * recordings.
 *
 * @module
 */

import { dateOf } from "./calendar.ts";
import { type Stint, stintOn } from "./career.ts";
import { courses } from "./courses.ts";
import type { Horse } from "./horse.ts";
import { bookmakers, eachWay, pricedBy, stepBy } from "./market.ts";
import * as notation from "./notation.ts";
import type { Person } from "./people.ts";
import { quote, remark, spotlight } from "./prose.ts";
import type { Race, Runner } from "./race.ts";
import { choice, Dice, keyOf, mix } from "./random.ts";
import { horseId } from "./stratum.ts";
import { sponsors } from "./words.ts";

/** What bookmakers do for a race. */
export interface Offers {
  /** Who has prices. */
  readonly names: readonly string[];
  /** When the prices were taken. */
  readonly updated: string;
  /** When earlier prices were. */
  readonly before: string;
  /** Each-way places and denominator. */
  readonly places: readonly [string, string];
}

/** Draws who prices a race and when. */
export function offersFor(dice: Dice, race: Race): Offers {
  const names = race.home === "ROW" ? [] : pricedBy(dice, race.biggest);
  const runs = race.runners.filter((runner) => !runner.withdrawn).length;
  const at = (minutes: number) => `${dateOf(race.day)} ${notation.twentyFour(minutes)}:07`;
  return {
    names,
    updated: at(race.offMinutes - 1),
    before: at(race.offMinutes - 40),
    places: eachWay(runs, race.handicap),
  };
}

function oddsOn({ step, key, withdrawn }: Runner, offers: Offers) {
  if (withdrawn) return [];
  return offers.names.map((bookmaker, n) => {
    const wobble = (key >>> (n % 15)) % 4;
    const exchange = bookmaker === bookmakers[bookmakers.length - 1];
    const price = stepBy(step, exchange ? 2 : wobble === 3 ? -1 : wobble === 2 ? 1 : 0);
    const decimal = String(price.decimal);
    return {
      bookmaker,
      fractional: exchange ? decimal : price.fractional,
      decimal,
      ew_places: exchange ? "" : offers.places[0],
      ew_denom: exchange ? "" : offers.places[1],
      updated: offers.updated,
      history: (key + n) % 12 === 0 ? [earlier(step, offers.before)] : [],
    };
  });
}

function earlier(step: number, updated: string) {
  const price = stepBy(step, 2);
  return { fractional: price.fractional, decimal: String(price.decimal), updated };
}

type Fields = Readonly<Record<string, unknown>>;

/** A runner of a card; its parts are in the order of the recordings, and draw their values in it. */
export function runnerOn(
  race: Race,
  runner: Runner,
  offers: Offers,
): Readonly<Record<string, unknown>> {
  const dice = new Dice(mix(runner.key, 1));
  const surgery = dice.chance(0.06) ? surgeries(dice, race.day) : [];
  return {
    ...birthOf(runner),
    ...peopleOf(runner, race.day),
    ...wordsOn(dice, race, runner.horse),
    medical: surgery,
    ...declarationOf(dice, runner, surgery.length > 0),
    ...ratingsOf(dice, runner),
    ...rideOf(dice, runner),
    odds: oddsOn(runner, offers),
  };
}

function birthOf({ horse, age, sex }: Runner): Fields {
  return {
    horse_id: horseId("hrs", horse.number),
    horse: horse.name,
    dob: dateOf(horse.foaledOn),
    age: String(age),
    sex: sex.text,
    sex_code: sex.code,
    colour: horse.colour,
    region: horse.region,
    breeder: horse.breeder,
    dam: horse.dam.name,
    dam_id: horseId("dam", horse.dam.number),
    dam_region: horse.dam.region,
    sire: horse.sire.name,
    sire_id: horseId("sir", horse.sire.number),
    sire_region: horse.sire.region,
    damsire: horse.damsire.name,
    damsire_id: horseId("dsi", horse.damsire.number),
    damsire_region: horse.damsire.region,
  };
}

function peopleOf({ horse, trainer, owner }: Runner, day: number): Fields {
  return {
    trainer: trainer.name,
    trainer_id: trainer.id,
    trainer_location: trainer.location,
    trainer_14_days: fortnight(trainer, day),
    owner: owner.name,
    owner_id: owner.id,
    prev_trainers: former(horse.trainers, day).map(({ person, until }) => ({
      trainer: person.name,
      trainer_id: person.id,
      change_date: until,
    })),
    prev_owners: former(horse.owners, day).map(({ person, until }) => ({
      owner: person.name,
      owner_id: person.id,
      change_date: until,
    })),
  };
}

function wordsOn(dice: Dice, race: Race, horse: Horse): Fields {
  const isWritten = race.home !== "ROW";
  return {
    comment: isWritten ? remark(dice) : "",
    spotlight: isWritten ? spotlight(dice) : "",
    quotes: isWritten && dice.chance(0.04) ? [quoteOn(dice, horse, race.day)] : [],
    stable_tour: isWritten && dice.chance(0.03) ? [{ quote: `${quote(dice)}. 04-04-24` }] : [],
  };
}

function declarationOf(dice: Dice, runner: Runner, hadSurgery: boolean): Fields {
  return {
    number: runner.withdrawn ? "NR" : String(runner.number),
    draw: String(runner.draw),
    headgear: runner.headgear,
    headgear_run: runner.headgear !== "" && dice.chance(0.2) ? "1" : "",
    wind_surgery: hadSurgery ? "w" : "",
    wind_surgery_run: hadSurgery && dice.chance(0.3) ? "1" : "",
    past_results_flags: pastFlags(dice),
  };
}

function ratingsOf(dice: Dice, { lbs, rating, horse }: Runner): Fields {
  return {
    lbs: String(lbs),
    ofr: rating === undefined ? "-" : String(rating),
    rpr: figure(dice, horse, 0.12),
    ts: figure(dice, horse, 0.3),
  };
}

function rideOf(dice: Dice, { jockey, trainer, owner }: Runner): Fields {
  const claim = jockey?.claimLbs ? `(${jockey.claimLbs})` : "";
  return {
    jockey: jockey ? `${jockey.name}${claim}` : "",
    jockey_id: jockey?.id ?? "",
    silk_url: dice.chance(0.01) ? null : notation.silkUrl(owner.id),
    last_run: lastRun(dice),
    form: formFigures(dice),
    trainer_rtf: dice.chance(0.1) ? "" : String(keyOf(trainer.id) % 101),
  };
}

function former<T extends Person>(stints: readonly Stint<T>[], day: number) {
  const current = stintOn(stints, day);
  return stints.slice(0, current)
    .map(({ person }, n) => ({ person, until: dateOf(stints[n + 1]!.since) }))
    .reverse();
}

function fortnight(trainer: Person, day: number) {
  const dice = new Dice(mix(keyOf(trainer.id), day));
  const runs = dice.between(1, 40);
  const wins = Math.floor(runs * dice.float() * 0.4);
  return {
    runs: String(runs),
    wins: String(wins),
    percent: String(Math.round(wins / runs * 100)),
  };
}

function quoteOn(dice: Dice, horse: Horse, day: number) {
  const course = dice.pick(courses);
  const yards = dice.between(5, 24) * 220;
  const when = day - dice.between(20, 400);
  return {
    date: dateOf(when),
    horse: horse.name,
    horse_id: horseId("hrs", horse.number),
    race: `${dice.pick(sponsors)} Handicap`,
    race_id: `rac_${when * 128 * 13}`,
    course: course.name,
    course_id: course.id,
    distance_f: String(notation.furlongs(yards)),
    distance_y: String(yards),
    quote: quote(dice),
  };
}

function surgeries(dice: Dice, day: number) {
  const latest = day - dice.between(10, 300);
  const days = dice.chance(0.2) ? [latest, latest - dice.between(100, 500)] : [latest];
  return days.map((when) => ({ date: dateOf(when), type: "Wind Surgery" }));
}

const pastFlags = choice<readonly string[]>([
  [78, []],
  [12, ["D"]],
  [6, ["C"]],
  [3, ["C", "D"]],
  [1, ["CD", "BF"]],
]);

function figure(dice: Dice, horse: Horse, missing: number): string {
  return dice.chance(missing) ? "-" : String(horse.rating + dice.between(-18, 12));
}

function lastRun(dice: Dice): string {
  const roll = dice.float();
  if (roll < 0.1) return "";
  const days = dice.between(5, roll < 0.25 ? 330 : 60);
  if (roll < 0.14) return `(${days}F)`;
  return roll < 0.18 ? `${days} (${dice.between(4, 60)}F)` : String(days);
}

const formMark = choice([[80, ""], [6, "P"], [3, "F"], [3, "U"], [5, "-"], [3, "/"]]);

function formFigures(dice: Dice): string {
  let figures = "";
  for (let n = dice.below(7); n > 0; n--) figures += formMark(dice) || String(dice.below(10));
  return figures;
}
