/**
 * The view of a race after it was run, as `/v1/results` returns it, field by field in the order of the recordings.
 * Withdrawn horses are named in a line of text and are not among the runners.
 *
 * @module
 */

import { dividends } from "./dividends.ts";
import { startingPrices } from "./market.ts";
import * as notation from "./notation.ts";
import type { Race, Runner } from "./race.ts";
import { Dice, mix } from "./random.ts";
import { type ResultHead, resultHeadOf } from "./result_head.ts";
import { runnerIn } from "./runner_result.ts";

/** A result; all fields of the published schema. A field that is `undefined` is absent from the response. */
export interface Result extends ResultHead {
  /** Those that ran, the winner first. */
  readonly runners: readonly Readonly<Record<string, unknown>>[];
  /** The rest. */
  readonly [field: string]: unknown;
}

/** The result of a race. A provisional one, as on the first days, has no figures (`rpr`, `tsr`, `bsp`) yet. */
export function resultOf(race: Race, options: { readonly provisional?: boolean } = {}): Result {
  const dice = new Dice(mix(race.key, 3));
  const ran = race.runners.filter((runner) => !runner.withdrawn);
  const prices = startingPrices(ran.map((runner) => runner.step));
  const exchange = race.home !== "ROW" && race.day >= exchangeSince && dice.chance(0.85);
  const rows = ran.map((runner, n) => ({
    order: orderOf(runner, n),
    row: runnerIn(race, runner, prices[n]!, exchange && !options.provisional, !options.provisional),
  }));
  return {
    ...resultHeadOf(race),
    jumps: race.home === "ROW" && dice.chance(0.5)
      ? undefined
      : notation.jumps(race.type, race.obstacles),
    runners: rows.sort((a, b) => a.order - b.order).map(({ row }) => row),
    winning_time_detail: timeDetail(race, ran),
    comments: race.voided ? "Race void: stopped on safety grounds, all bets returned" : "",
    non_runners: race.runners.filter((runner) => runner.withdrawn)
      .map(({ horse, withdrawn }) => `${horse.name} (${withdrawn})`).join(", "),
    ...dividends(dice, race, ran),
  };
}

const exchangeSince = 13_970; // 2008-04-01; no exchange prices before

/** Places first, then words, then the order of the card. */
function orderOf({ finish }: Runner, n: number): number {
  const place = Number(finish?.position);
  return (Number.isNaN(place) ? 1000 : place) * 100 + n;
}

function timeDetail(race: Race, ran: readonly Runner[]): string {
  const seconds = ran.find((runner) => runner.finish?.lengthsInAll === 0)?.finish?.seconds;
  if (seconds === undefined) return "";
  const by = Math.abs(race.slowBySeconds).toFixed(2);
  return `${notation.spokenClock(seconds)} (${race.slowBySeconds < 0 ? "fast" : "slow"} by ${by}s)`;
}
