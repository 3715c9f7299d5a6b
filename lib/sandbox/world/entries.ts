/**
 * The declared runners of a race: horses of the right age, sex and quality that are free on the day.
 *
 * @module
 */

import { yearOf } from "./calendar.ts";
import type { Home } from "./courses.ts";
import { isMale } from "./pedigree.ts";
import type { Code } from "./people.ts";
import type { Pool } from "./pool.ts";
import type { Fixture } from "./programme.ts";
import { choice, type Dice } from "./random.ts";
import { stratumOf } from "./stratum.ts";

/** The horses declared: from the race's own tier first, then the other two, then from abroad. */
export function entries(dice: Dice, seed: number, race: Fixture, pool: Pool): number[] {
  const numbers: number[] = [];
  const year = yearOf(race.day);
  const fits = fitting(seed, race.sexRestriction);
  for (let tries = 0; numbers.length < race.declared && tries < race.declared * 6; tries++) {
    const round = Math.floor(tries / race.declared);
    const home = round < 3 ? homeFor(dice, race) : race.home === "GB" ? "IRE" : "GB";
    const stratum = stratumOf(home, codeOf(race), (race.tier + round) % 3);
    const number = pool.take(stratum, year - ageFor(dice, race), fits);
    if (number !== undefined) numbers.push(number);
  }
  return numbers;
}

const abroad = choice<Home>([[85, "IRE"], [15, "ROW"]]);

/** Some horses travel, good ones more often. */
function homeFor(dice: Dice, race: Fixture): Home {
  if (race.home === "ROW" || !dice.chance(race.tier === 0 ? 0.25 : 0.03)) return race.home;
  return race.home === "GB" ? abroad(dice) : "GB";
}

function fitting(seed: number, restriction: string): (number: number) => boolean {
  if (restriction === "") return () => true;
  const males = restriction === "C&G";
  return (number) => isMale(seed, number) === males;
}

/** Younger ages are more common in races open to all. */
function ageFor(dice: Dice, race: Fixture): number {
  const most = Math.min(race.mostAge, codeOf(race) === "flat" ? 10 : 12);
  const halfLifeYears = codeOf(race) === "flat" ? 1.5 : 2.6;
  const older = Math.floor(-Math.log(1 - dice.float()) * halfLifeYears);
  return Math.min(most, race.leastAge + older);
}

/** Flat or jumps, by what is run at the meeting. */
export function codeOf(race: Fixture): Code {
  return race.track === "jump" ? "jump" : "flat";
}
