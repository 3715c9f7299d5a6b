/**
 * The tote dividends of a race, in the currency of the course.
 *
 * @module
 */

import { ladder } from "./market.ts";
import { dividend } from "./notation.ts";
import type { Race, Runner } from "./race.ts";
import type { Dice } from "./random.ts";

const none = {
  tote_win: "",
  tote_pl: "",
  tote_ex: "",
  tote_csf: "",
  tote_tricast: "",
  tote_trifecta: "",
};

/** The dividend of each bet on a race; empty strings where it is unknown. */
export function dividends(
  dice: Dice,
  race: Race,
  ran: readonly Runner[],
): Readonly<Record<string, string>> {
  const [first, second, third] = ran
    .filter((runner) => runner.finish?.seconds !== undefined)
    .sort((a, b) => a.finish!.seconds! - b.finish!.seconds!)
    .map((runner) => ladder[runner.step]!.decimal);
  if (race.home === "ROW" || first === undefined) return none;
  const symbol = race.home === "IRE" ? "€" : "£";
  const pay = (amount: number) => dividend(symbol, Math.round(amount * 10) / 10);
  const two = second === undefined ? 0 : first * second;
  const three = third === undefined ? 0 : two * third;
  return {
    tote_win: pay(first * (0.9 + dice.float() * 0.3)),
    tote_pl: [first, second, third]
      .flatMap((price) => price === undefined ? [] : [pay(1 + price * 0.2)]).join(" "),
    tote_ex: two ? pay(two) : "",
    tote_csf: two ? `${symbol}${(two * 0.9).toFixed(2)}` : "",
    tote_tricast: race.handicap && three ? `${symbol}${(three * 0.8).toFixed(2)}` : "",
    tote_trifecta: three ? pay(three) : "",
  };
}
