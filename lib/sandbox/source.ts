/**
 * The data of the sandbox: generated races and horses, or recordings. Endpoints read a source day by day and filter, page
 * and validate themselves, so both sources behave the same.
 *
 * @module
 */

import { dateOf, dayOf, londonDay } from "./world/calendar.ts";
import { courses as allCourses, regions as allRegions } from "./world/courses.ts";
import { horseById } from "./world/horse.ts";
import { type Profile, profileOf, proProfileOf } from "./world/profile.ts";
import { dayOfRace, programmeOn } from "./world/programme.ts";
import { type Race, racesOn } from "./world/race.ts";
import { type Racecard, racecardOf } from "./world/racecard.ts";
import { remember } from "./remember.ts";
import { type Result, resultOf } from "./world/result.ts";
import { type ResultHead, resultHeadOf } from "./world/result_head.ts";

/** A course as `/v1/courses` lists it. */
export interface CourseEntry {
  /** Such as `crs_624`. */
  readonly id: string;
  /** Its name. */
  readonly course: string;
  /** Lower case. */
  readonly region_code: string;
  /** Country. */
  readonly region: string;
}

/** A region as `/v1/courses/regions` lists it. */
export interface RegionEntry {
  /** Country. */
  readonly region: string;
  /** Lower case. */
  readonly region_code: string;
}

/** A source of data. Days without data return empty arrays. */
export interface Source {
  /** All courses. */
  readonly courses: readonly CourseEntry[];
  /** All regions. */
  readonly regions: readonly RegionEntry[];
  /** The cards of a date, earliest off first. */
  racecardsOn(date: string): readonly Racecard[];
  /** The race-level part of the results of a date, latest off first. */
  resultHeadsOn(date: string): readonly ResultHead[];
  /** The results of a date whose race ids are among these, latest off first. */
  resultsOn(date: string, raceIds: ReadonlySet<string>): readonly Result[];
  /** One result by the id of its race. */
  result(raceId: string): Result | undefined;
  /** A horse's short or full profile. */
  horse(horseId: string, kind: "standard" | "pro"): Profile | undefined;
}

/** The first day with cards, 2023-01-23, as the API documents it. */
const firstCardDate = "2023-01-23";

const cardDaysAhead = 7;
const daysWithRunners = 16; // about 4 MB
const daysWithHeads = 400; // a year's window and some more; about 6 MB

/**
 * The generator as a source. `now` is the clock in epoch milliseconds: no result before the off, no card earlier than a week
 * ahead. Results younger than `settleDays` are provisional.
 */
export function generatedSource(
  options: { readonly seed: number; readonly now: () => number; readonly settleDays: number },
): Source {
  const { seed, now, settleDays } = options;
  const races = remember(daysWithRunners, (date: string) => racesOn(date, seed));
  const heads = remember(
    daysWithHeads,
    (date: string) => fixturesOn(seed, date).reverse().map(resultHeadOf),
  );
  const today = () => londonDay(now());
  const isRun = (head: { readonly off_dt: string }) => Date.parse(head.off_dt) <= now();
  const asResult = (race: Race) => {
    return resultOf(race, { provisional: race.day > today() - settleDays });
  };
  const headsOn = (date: string) => {
    return date < dateOf(today()) ? heads(date) : heads(date).filter(isRun);
  };
  const resultsOn = (date: string, raceIds: ReadonlySet<string>) => {
    return races(date).filter((race) => raceIds.has(race.id)).reverse().map(asResult);
  };
  return {
    courses: allCourses.map(({ id, name, region }) => ({
      id,
      course: name,
      region_code: region.toLowerCase(),
      region: allRegions.get(region) ?? region,
    })),
    regions: [...allRegions].map(([code, region]) => ({ region, region_code: code.toLowerCase() })),
    racecardsOn(date) {
      if (date < firstCardDate || date >= dateOf(today() + cardDaysAhead)) return [];
      return races(date).map(racecardOf);
    },
    resultHeadsOn: headsOn,
    resultsOn,
    result(raceId) {
      const day = dayOfRace(raceId);
      if (day === undefined || day > today()) return undefined;
      const head = headsOn(dateOf(day)).find((head) => head.race_id === raceId);
      return head && resultsOn(head.date, new Set([raceId]))[0];
    },
    horse(horseId, kind) {
      const found = horseById(seed, horseId);
      if (!found) return undefined;
      return kind === "pro" ? proProfileOf(found, today()) : profileOf(found);
    },
  };
}

function fixturesOn(seed: number, date: string) {
  const day = dayOf(date);
  return day === undefined ? [] : programmeOn(seed, day).filter((race) => !race.abandoned);
}
