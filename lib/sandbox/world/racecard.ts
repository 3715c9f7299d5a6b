/**
 * The view of a race before it is run, as `/v1/racecards/pro` returns it, field by field in the order of the
 * recordings. Reads the race and adds nothing that the result could contradict.
 *
 * @module
 */

import { dateOf } from "./calendar.ts";
import { ladder } from "./market.ts";
import * as notation from "./notation.ts";
import { groundNotes, verdict } from "./prose.ts";
import type { Race } from "./race.ts";
import { Dice, mix } from "./random.ts";
import { offersFor, runnerOn } from "./runner_card.ts";
import { ageBand } from "./terms.ts";

/**
 * A racecard; all fields of the published schema, of which only those the sandbox reads have a name here. A field that
 * is `undefined` is absent from the response.
 */
export interface Racecard {
  /** Such as `rac_11744434`. */
  readonly race_id: string;
  /** ISO date. */
  readonly date: string;
  /** Such as `crs_624`. */
  readonly course_id: string;
  /** Upper case. */
  readonly region: string;
  /** Local time with offset. */
  readonly off_dt: string;
  /** One per declared horse. */
  readonly runners: readonly Readonly<Record<string, unknown>>[];
  /** The rest. */
  readonly [field: string]: unknown;
}

/** The card of a race. */
export function racecardOf(race: Race): Racecard {
  const dice = new Dice(mix(race.key, 2));
  const notes = groundNotes(dice, race.going);
  const words = race.home === "ROW" ? noWords : wordsOn(dice, race);
  const offers = offersFor(dice, race);
  const isUnknown = race.home === "ROW" && dice.chance(0.5);
  return {
    race_id: race.id,
    course: race.course.name,
    course_id: race.course.id,
    date: dateOf(race.day),
    off_time: notation.offTime(race.offMinutes),
    off_dt: notation.offDateTime(race.day, race.offMinutes, race.offsetMinutes),
    race_name: race.name,
    distance_round: notation.roundDistance(race.yards),
    distance: notation.exactDistance(race.yards),
    distance_f: notation.furlongs(race.yards).toFixed(1),
    region: race.course.region,
    pattern: race.pattern,
    sex_restriction: race.sexRestriction,
    race_class: race.raceClass,
    type: race.type,
    age_band: ageBand(race),
    rating_band: race.ratingBand,
    prize: notation.roundMoney(race.home === "IRE" ? "€" : "£", race.winnerPrize),
    field_size: String(race.runners.filter((runner) => !runner.withdrawn).length),
    going_detailed: notes.goingDetailed,
    rail_movements: notes.rails,
    stalls: notes.stalls,
    weather: notes.weather,
    going: race.going,
    surface: race.track === "aw" ? "AW" : "Turf",
    jumps: isUnknown ? undefined : notation.jumps(race.type, race.obstacles),
    runners: race.runners.map((runner) => runnerOn(race, runner, offers)),
    big_race: race.biggest,
    is_abandoned: race.abandoned,
    ...words,
    race_status: race.abandoned ? "Abandoned" : undefined,
  };
}

const noWords = { tip: "", verdict: "", betting_forecast: "" };

function wordsOn(dice: Dice, race: Race) {
  const byPrice = race.runners.filter((runner) => !runner.withdrawn).sort((a, b) =>
    a.step - b.step
  );
  const [first, second] = byPrice;
  if (!first || !second) return noWords;
  return {
    tip: first.horse.name,
    verdict: verdict(dice, first.horse.name, second.horse.name),
    betting_forecast: byPrice
      .map(({ step, horse }) => `${ladder[step]!.fractional} ${horse.name}`).join(", "),
  };
}
