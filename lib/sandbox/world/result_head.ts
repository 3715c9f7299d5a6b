/**
 * The part of a result that describes the race: enough to filter and count results without generating runners.
 *
 * @module
 */

import { dateOf } from "./calendar.ts";
import * as notation from "./notation.ts";
import type { Fixture } from "./programme.ts";
import { ageBand } from "./terms.ts";

/** The part of a result that describes the race: enough to filter and count without its runners. */
export interface ResultHead {
  /** Such as `rac_11744434`. */
  readonly race_id: string;
  /** ISO date. */
  readonly date: string;
  /** Upper case. */
  readonly region: string;
  /** Course name. */
  readonly course: string;
  /** Such as `crs_624`. */
  readonly course_id: string;
  /** Twelve-hour clock. */
  readonly off: string;
  /** Local time with offset. */
  readonly off_dt: string;
  /** Title. */
  readonly race_name: string;
  /** `Flat`, `Hurdle`, `Chase`, `NH Flat`. */
  readonly type: string;
  /** `Class 4` or empty. */
  readonly class: string;
  /** `Group 1` or empty. */
  readonly pattern: string;
  /** `0-70` or empty. */
  readonly rating_band: string;
  /** `3yo+`. */
  readonly age_band: string;
  /** `F`, `M` or empty. */
  readonly sex_rest: string;
  /** `1m3f`. */
  readonly dist: string;
  /** Yards. */
  readonly dist_y: string;
  /** Metres. */
  readonly dist_m: string;
  /** Furlongs. */
  readonly dist_f: string;
  /** State of the ground. */
  readonly going: string;
  /** `Turf` or `AW`. */
  readonly surface: string;
}

/** The part of a result that does not need the runners. */
export function resultHeadOf(race: Fixture): ResultHead {
  const metres = notation.metres(race.yards);
  return {
    race_id: race.id,
    date: dateOf(race.day),
    region: race.course.region,
    course: race.course.name,
    course_id: race.course.id,
    off: notation.offTime(race.offMinutes),
    off_dt: notation.offDateTime(race.day, race.offMinutes, race.offsetMinutes),
    race_name: race.name,
    type: race.type,
    class: race.raceClass,
    pattern: race.pattern,
    rating_band: race.ratingBand,
    age_band: ageBand(race),
    sex_rest: race.sexRestriction,
    dist: notation.roundDistance(race.yards),
    dist_y: String(Math.floor(metres / 0.9144)),
    dist_m: String(metres),
    dist_f: `${notation.furlongs(race.yards)}f`,
    going: race.going,
    surface: race.track === "aw" ? "AW" : "Turf",
  };
}
