/**
 * The finish of a race: order, distances, times, prizes, and the runners that do not complete it. The order follows the
 * chances of the market, so favourites win as often as they should.
 *
 * @module
 */

import type { Fixture } from "./programme.ts";
import { choice, type Dice } from "./random.ts";

/** How one runner finished. */
export interface Finish {
  /** A number, or a word: `PU`, `F`, `UR`, `BD`, `RO`, `DSQ`, `VOI`. */
  readonly position: string;
  /** Lengths behind the one in front; absent without a place. */
  readonly lengths?: number;
  /** Lengths behind the winner; absent without a place. */
  readonly lengthsInAll?: number;
  /** Seconds taken; absent without a place. */
  readonly seconds?: number;
  /** Won, in pence or cents. */
  readonly prize: number;
}

/** The end of a race: one finish per runner, in the runners' order, and the winner's time against the standard. */
export interface Ending {
  /** One per chance given. */
  readonly finishes: readonly Finish[];
  /** Seconds the winner was slower than standard; below 0 if faster. */
  readonly slowBySeconds: number;
}

const mishap = choice([[60, "PU"], [20, "F"], [12, "UR"], [4, "BD"], [4, "RO"]]);
const lengthsPerSecond = 5;
const shares = [1, 0.47, 0.235, 0.1175, 0.0585];

/** Runs a race among runners with these chances. */
export function run(dice: Dice, race: Fixture, chances: readonly number[]): Ending {
  const standard = race.yards / (race.obstacles > 0 ? 14.6 : 17.9);
  const slowBySeconds = Math.round((dice.float() * 6 - 1) * 100) / 100;
  if (race.voided) {
    return { finishes: chances.map(() => ({ position: "VOI", prize: 0 })), slowBySeconds: 0 };
  }
  const order = orderOf(dice, chances);
  const words = wordsFor(dice, race, order);
  const placed = order.filter((runner) => !words.has(runner));
  const finishes = chances.map((): Finish => ({ position: "", prize: 0 }));
  for (const [runner, position] of words) finishes[runner] = { position, prize: 0 };
  for (
    const [at, finish] of places(dice, race, standard + slowBySeconds, placed.length).entries()
  ) {
    finishes[placed[at]!] = finish;
  }
  return { finishes, slowBySeconds };
}

/** Runner indexes, the winner first: chance by chance, as drawing names from a weighted hat. */
function orderOf(dice: Dice, chances: readonly number[]): number[] {
  const scores = chances.map((chance) =>
    Math.log(chance) - Math.log(-Math.log(dice.float() + 1e-12))
  );
  return chances.map((_, runner) => runner).sort((a, b) => scores[b]! - scores[a]!);
}

/** The runners with a word instead of a place. At least one runner always completes the race. */
function wordsFor(dice: Dice, race: Fixture, order: readonly number[]): Map<number, string> {
  const risk = race.type === "Chase" ? 0.11 : race.type === "Hurdle" ? 0.06 : 0.0008;
  const words = new Map<number, string>();
  for (const runner of order.slice(1)) {
    if (!dice.chance(risk)) continue;
    words.set(
      runner,
      race.obstacles === 0 ? dice.pick(["RO", "UR", "PU"]) : mishap(dice),
    );
  }
  if (order.length > 3 && dice.chance(0.004)) words.set(order[dice.below(2)]!, "DSQ");
  return words;
}

/** The finishes of the first, second, third and so on. */
function places(dice: Dice, race: Fixture, winnerSeconds: number, count: number): Finish[] {
  const level = dice.chance(0.012) ? dice.below(count - 1) : -1; // this one and the next dead-heat
  let inAll = 0;
  return Array.from({ length: count }, (_, at) => {
    const tied = level >= 0 && at === level + 1;
    const lengths = at === 0 || tied ? 0 : gapOf(dice);
    inAll += lengths;
    const pair = level >= 0 && (at === level || tied);
    return {
      position: String(tied ? at : at + 1),
      lengths,
      lengthsInAll: inAll,
      seconds: Math.round((winnerSeconds + inAll / lengthsPerSecond) * 100) / 100,
      prize: pair ? Math.round((prize(race, level) + prize(race, level + 1)) / 2) : prize(race, at),
    };
  });
}

function prize(race: Fixture, at: number): number {
  const share = shares[at] ?? 0;
  const unit = race.home === "IRE" ? 100 : 1; // Irish prizes are whole euros
  return Math.round(race.winnerPrize * share / unit) * unit;
}

const gapOf = choice([
  [3, 0.05],
  [6, 0.1],
  [8, 0.2],
  [9, 0.3],
  [10, 0.5],
  [9, 0.75],
  [10, 1],
  [8, 1.25],
  [8, 1.5],
  [6, 1.75],
  [7, 2],
  [5, 2.5],
  [5, 3.25],
  [4, 4.5],
  [2, 7],
  [1, 14],
  [0.4, 29],
]);
