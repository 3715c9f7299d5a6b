/**
 * Which horses are free to run on a day. Time is cut into periods of 14 days; in each, every stratum of a cohort is
 * shuffled anew and dealt out over the days. So a horse has one day in each period, never two races on a day,
 * and nobody needs to know what it did before.
 *
 * @module
 */

import { careerOf, horseNumber, type Stratum } from "./horse.ts";
import { keyOf, mix, shuffled } from "./random.ts";

/** The horses of one day; each is handed out once. */
export interface Pool {
  /**
   * The next horse of the stratum and the year of foaling that is in its career and that `fits`; `undefined` once
   * none is left. Those passed over stay for later races.
   */
  take(stratum: Stratum, cohort: number, fits: (horse: number) => boolean): number | undefined;
}

interface Hand {
  readonly key: number;
  next: number;
  readonly end: number;
  readonly passedOver: number[];
}

const periodDays = 14;
const poolKey = keyOf("pool");

/** All horses free on `day`, drawn lazily. */
export function poolOn(seed: number, day: number): Pool {
  const hands = new Map<number, Hand>();
  return {
    take(stratum, cohort, fits) {
      const hand = handOf(hands, seed, day, stratum, cohort);
      const before = hand.passedOver.findIndex(fits);
      if (before >= 0) return hand.passedOver.splice(before, 1)[0];
      while (hand.next < hand.end) {
        const number = horseNumber(cohort, stratum, shuffled(hand.next++, stratum.size, hand.key));
        const career = careerOf(seed, number, stratum.code);
        if (day < career.from || day > career.to) continue;
        if (fits(number)) return number;
        hand.passedOver.push(number);
      }
      return undefined;
    },
  };
}

function handOf(
  hands: Map<number, Hand>,
  seed: number,
  day: number,
  stratum: Stratum,
  cohort: number,
): Hand {
  const where = horseNumber(cohort, stratum, 0);
  const known = hands.get(where);
  if (known) return known;
  const period = Math.floor(day / periodDays);
  const turn = day % periodDays;
  const hand = {
    key: mix(mix(mix(seed, poolKey), where), period),
    next: Math.floor(stratum.size * turn / periodDays),
    end: Math.floor(stratum.size * (turn + 1) / periodDays),
    passedOver: [],
  };
  hands.set(where, hand);
  return hand;
}
