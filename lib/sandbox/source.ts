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
import { memoize } from "./memoize.ts";
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
export function generatedSource(options: GeneratedOptions): Source {
  return new GeneratedSource(options);
}

/** The options of the generator. */
export interface GeneratedOptions {
  /** Seed of the data. */
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Days for which results are provisional. */
  readonly settleDays: number;
}

class GeneratedSource implements Source {
  readonly courses = allCourses.map(({ id, name, region }) => ({
    id,
    course: name,
    region_code: region.toLowerCase(),
    region: allRegions.get(region) ?? region,
  }));
  readonly regions = [...allRegions]
    .map(([code, region]) => ({ region, region_code: code.toLowerCase() }));
  readonly #options: GeneratedOptions;
  readonly #races: (date: string) => readonly Race[];
  readonly #heads: (date: string) => readonly ResultHead[];

  constructor(options: GeneratedOptions) {
    const { seed } = this.#options = options;
    this.#races = memoize(daysWithRunners, (date: string) => racesOn(date, seed));
    this.#heads = memoize(
      daysWithHeads,
      (date: string) => fixturesOn(seed, date).reverse().map(resultHeadOf),
    );
  }

  racecardsOn(date: string) {
    if (date < firstCardDate || date >= dateOf(this.#today() + cardDaysAhead)) return [];
    return this.#races(date).map(racecardOf);
  }

  resultHeadsOn(date: string) {
    const heads = this.#heads(date);
    if (date < dateOf(this.#today())) return heads;
    return heads.filter((head) => Date.parse(head.off_dt) <= this.#options.now());
  }

  resultsOn(date: string, raceIds: ReadonlySet<string>) {
    const firstProvisional = this.#today() - this.#options.settleDays + 1;
    return this.#races(date).filter((race) => raceIds.has(race.id)).reverse()
      .map((race) => resultOf(race, { provisional: race.day >= firstProvisional }));
  }

  result(raceId: string) {
    const day = dayOfRace(raceId);
    if (day === undefined || day > this.#today()) return undefined;
    const head = this.resultHeadsOn(dateOf(day)).find((head) => head.race_id === raceId);
    return head && this.resultsOn(head.date, new Set([raceId]))[0];
  }

  horse(horseId: string, kind: "pro" | "standard") {
    const found = horseById(this.#options.seed, horseId);
    if (!found) return undefined;
    return kind === "pro" ? proProfileOf(found, this.#today()) : profileOf(found);
  }

  #today(): number {
    return londonDay(this.#options.now());
  }
}

function fixturesOn(seed: number, date: string) {
  const day = dayOf(date);
  return day === undefined ? [] : programmeOn(seed, day).filter((race) => !race.abandoned);
}
