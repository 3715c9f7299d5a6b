/**
 * What the sandbox answers from: races and horses made by the generator, or recordings. Endpoints ask a source day by
 * day and do the filtering, paging and checking themselves, so both sources behave alike.
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

/** Where answers come from. Days without anything give empty lists. */
export interface Source {
  /** All courses. */
  readonly courses: readonly CourseEntry[];
  /** All regions. */
  readonly regions: readonly RegionEntry[];
  /** The cards of a date, earliest off first. */
  racecardsOn(date: string): readonly Racecard[];
  /** What the results of a date say of the races alone, latest off first. */
  resultHeadsOn(date: string): readonly ResultHead[];
  /** The results of a date whose race ids are among these, latest off first. */
  resultsOn(date: string, raceIds: ReadonlySet<string>): readonly Result[];
  /** One result by the id of its race. */
  result(raceId: string): Result | undefined;
  /** A horse's short or full profile. */
  horse(horseId: string, kind: "standard" | "pro"): Profile | undefined;
}

/** The day from which cards exist, 2023-01-23, as the API says. */
export const firstCardDate = "2023-01-23";

const cardDaysAhead = 7;
const daysWithRunners = 16; // about 4 MB
const daysWithHeads = 400; // a year's window and some more; about 6 MB

/**
 * Everything from the generator. `now` is the clock in epoch milliseconds: no result before the off, no card earlier than a week
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
