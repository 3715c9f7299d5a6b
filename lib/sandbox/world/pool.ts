/**
 * Which horses are free to run on a day. Time is cut into periods of 14 days; in each, every stratum of a cohort is
 * shuffled anew and dealt out over the days. A busy day may borrow the horses of the day a week off. So a horse never
 * has two races on a day and rarely two in a week, and no state is needed.
 *
 * @module
 */

import { careerOf } from "./career.ts";
import { keyOf, mix, shuffled } from "./random.ts";
import { horseNumber, type Stratum } from "./stratum.ts";

/** The horses of one day; each is handed out once. */
export interface Pool {
  /**
   * The next horse of the stratum and the year of foaling that is in its career and that `fits`; `undefined` once
   * none is left. Those passed over stay for later races.
   */
  take(stratum: Stratum, cohort: number, fits: (horse: number) => boolean): number | undefined;
}

/** The shares of a stratum that a day may draw from, its own and the borrowed one, laid end to end. */
interface Hand {
  readonly key: number;
  readonly own: Share;
  readonly borrowed: Share;
  drawn: number;
  readonly passedOver: number[];
}

/** Positions in the shuffled stratum. */
interface Share {
  readonly from: number;
  readonly count: number;
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
      while (hand.drawn < hand.own.count + hand.borrowed.count) {
        const position = positionOf(hand, hand.drawn++);
        const number = horseNumber(cohort, stratum, shuffled(position, stratum.size, hand.key));
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
    own: shareOf(stratum, turn),
    borrowed: shareOf(stratum, (turn + periodDays / 2) % periodDays),
    drawn: 0,
    passedOver: [],
  };
  hands.set(where, hand);
  return hand;
}

function shareOf({ size }: Stratum, turn: number): Share {
  const from = Math.floor(size * turn / periodDays);
  return { from, count: Math.floor(size * (turn + 1) / periodDays) - from };
}

function positionOf({ own, borrowed }: Hand, drawn: number): number {
  return drawn < own.count ? own.from + drawn : borrowed.from + drawn - own.count;
}
