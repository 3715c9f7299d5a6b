// The dates and responses that the tests of the sandbox read. Invariant: every response went through JSON, so
// that what is absent from a response is absent here.
import { dateOf, dayOf } from "../../lib/sandbox/world/calendar.ts";
import { type Race, racesOn } from "../../lib/sandbox/world/race.ts";
import { racecardOf } from "../../lib/sandbox/world/racecard.ts";
import { resultOf } from "../../lib/sandbox/world/result.ts";

/** A race, a runner or another object of a response. */
export type Fields = Record<string, unknown>;

/** A race of a response. */
export type RaceFields = Fields & { runners: Record<string, string>[] };

/** `count` dates from `first` on. */
export function dates(first: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => dateOf(dayOf(first)! + n));
}

/** All races of some dates. */
export function racesOf(days: readonly string[], seed?: number): Race[] {
  return days.flatMap((date) => [...racesOn(date, seed)]);
}

/** The card of a race, as a client gets it. */
export function cardOf(race: Race): RaceFields {
  return JSON.parse(JSON.stringify(racecardOf(race)));
}

/** The result of a race, as a client gets it. */
export function outcomeOf(race: Race): RaceFields {
  return JSON.parse(JSON.stringify(resultOf(race)));
}
