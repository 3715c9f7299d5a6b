// The sandbox's data for dates, taken from its generator without server, paging or filters:
// races, the two views of them, and the lists. It is the other side of every comparison of a database
// with the API.
import { courses, regions } from "../../lib/sandbox/world/courses.ts";
import { offMs } from "../../lib/sandbox/world/programme.ts";
import { racecardOf } from "../../lib/sandbox/world/racecard.ts";
import { racesOn } from "../../lib/sandbox/world/race.ts";
import { resultOf } from "../../lib/sandbox/world/result.ts";
import {
  type Answers,
  type ExpectedTable,
  ExpectedTables,
  type Lists,
  type RaceFields,
} from "./expected_tables.ts";

/** The first date of which there are racecards. */
export const FIRST_CARD = "2023-01-23";

const DAY_MS = 86_400_000;

/** Which of a date's races are compared. */
export interface View {
  /** The time, epoch milliseconds: a race that is not off yet has no result. */
  readonly nowMs: number;
  /** Regions in lower case; all without it. */
  readonly regions?: readonly string[];
  /** Whether racecards are compared. Defaults to true. */
  readonly racecards?: boolean;
  /** Whether results are compared. Defaults to true. */
  readonly results?: boolean;
}

/** Dates from the first to the last, both included. */
export function datesBetween(first: string, last: string): string[] {
  const [from, to] = [Date.parse(first), Date.parse(last)];
  return Array.from(
    { length: (to - from) / DAY_MS + 1 },
    (_, n) => new Date(from + n * DAY_MS).toISOString().slice(0, 10),
  );
}

/** Everything that the API returns about the races of a date. */
export function answersOn(date: string, view: View): Answers {
  const { nowMs, regions, racecards = true, results = true } = view;
  const races = racesOn(date).filter((race) =>
    regions === undefined || regions.includes(race.course.region.toLowerCase())
  );
  const cards = racecards && date >= FIRST_CARD ? races : [];
  const run = results ? races.filter((race) => !race.abandoned && offMs(race) <= nowMs) : [];
  return {
    racecards: cards.map(racecardOf) as RaceFields[],
    results: run.map((race) => resultOf(race)) as RaceFields[],
  };
}

/** The lists of courses and regions. */
export function generatedLists(): Lists {
  return {
    courses: courses.map(({ id, name, region }) => ({
      id,
      course: name,
      region_code: region.toLowerCase(),
      region: regions.get(region),
    })),
    regions: [...regions].map(([code, region]) => ({ region_code: code.toLowerCase(), region })),
  };
}

/** The tables that a backfill of some dates must produce, except the bookmakers. */
export function generatedTables(
  dates: readonly string[],
  view: View,
  lists: Lists = generatedLists(),
): Record<string, ExpectedTable> {
  const expected = new ExpectedTables(lists);
  const [ra_races, ra_runners]: [ExpectedTable, ExpectedTable] = [new Map(), new Map()];
  for (const date of dates) {
    const rows = expected.add(answersOn(date, view));
    for (const [key, row] of rows.ra_races) ra_races.set(key, row);
    for (const [key, row] of rows.ra_runners) ra_runners.set(key, row);
  }
  return { ...expected.masters(), ra_races, ra_runners };
}
