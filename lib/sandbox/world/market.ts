/**
 * Prices: the ladder of fractions bookmakers use, how likely each runner is to win, and who offers which price. It
 * knows nothing about horses except their chance.
 *
 * @module
 */

import { choice, type Dice } from "./random.ts";

/** A price against a runner. */
export interface Price {
  /** As bookmakers write it: `11/4`, `Evens`. */
  readonly fractional: string;
  /** Stake included: 3.75. */
  readonly decimal: number;
}

/** Shortest first. */
export const ladder: readonly Price[] = (
  "1/10 1/7 1/5 1/4 2/7 1/3 4/11 2/5 4/9 1/2 8/15 4/7 8/13 4/6 8/11 4/5 5/6 10/11 1/1 11/10 6/5 5/4 11/8 6/4 13/8 7/4 15/8 2/1 " +
  "9/4 5/2 11/4 3/1 100/30 7/2 4/1 9/2 5/1 11/2 6/1 13/2 7/1 15/2 8/1 17/2 9/1 10/1 11/1 12/1 14/1 16/1 18/1 20/1 22/1 25/1 28/1 33/1 " +
  "40/1 50/1 66/1 80/1 100/1 125/1 150/1 200/1 250/1"
).split(" ").map(priceOf);

/** Names as the API writes them; the last one is an exchange. */
export const bookmakers: readonly string[] = [
  "Bet365",
  "William Hill",
  "Coral",
  "Betfred",
  "Boyle Sports",
  "Ladbrokes",
  "Unibet",
  "Bet Goodwin",
  "Bet Victor",
  "10 Bet",
  "BetMGM",
  "Grosvenor Sports",
  "Betway",
  "Virgin Bet",
  "talkSPORT BET",
  "Dragon Bet",
  "CopyBet",
  "PricedUp Bet",
  "Spreadex",
  "BresBet",
  "Star Sports",
  "7Bet",
  "BetTom",
  "Gentlemen Jim",
  "Midnite",
  "SportingIndex",
  "Quinn Bet",
  "Betfair Exchange",
];

/** The chance of each runner, from ratings and what else one cannot know; they sum to 1. */
export function chances(dice: Dice, ratings: readonly number[]): number[] {
  const best = Math.max(...ratings);
  const weights = ratings.map((rating) => Math.exp((rating - best) / 14 + 1.9 * dice.float()));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The step of the ladder that fits a chance, with the bookmakers' margin on top. */
export function stepFor(chance: number): number {
  const decimal = 1 / Math.min(0.95, chance * 1.16);
  let low = 0;
  let high = ladder.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ladder[middle]!.decimal < decimal) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A price some steps away from another. */
export function stepBy(step: number, by: number): Price {
  return ladder[Math.max(0, Math.min(ladder.length - 1, step + by))]!;
}

/** Starting prices as results write them: `9/4F` the favourite, `7/2J` joint, `5/1C` one of three or more. */
export function startingPrices(steps: readonly number[]): string[] {
  const shortest = Math.min(...steps);
  const favourites = steps.filter((step) => step === shortest).length;
  const mark = favourites === 1 ? "F" : favourites === 2 ? "J" : "C";
  return steps.map((step) => {
    const { fractional } = ladder[step]!;
    return step === shortest ? `${fractional}${mark}` : fractional;
  });
}

const usualBookmakers = choice([[5, 0], [30, 3], [35, 4], [20, 5], [10, 6]]);

/** How many bookmakers have priced a race: all of them the day's biggest, a handful the others. */
export function pricedBy(dice: Dice, biggest: boolean): readonly string[] {
  if (biggest) return bookmakers;
  const count = usualBookmakers(dice);
  return count === 0 ? [] : [...bookmakers.slice(0, count - 1), bookmakers[bookmakers.length - 1]!];
}

/** Places and the denominator of the odds for each-way bets, by runners. */
export function eachWay(runners: number, handicap: boolean): readonly [string, string] {
  if (runners < 5) return ["1", "1"];
  if (runners < 8) return ["2", "4"];
  return handicap && runners > 15 ? ["4", "4"] : ["3", "5"];
}

function priceOf(fraction: string): Price {
  const [numerator, denominator] = fraction.split("/").map(Number);
  const fractional = fraction === "1/1" ? "Evens" : fraction;
  return { fractional, decimal: Math.round((1 + numerator! / denominator!) * 100) / 100 };
}
