/**
 * A runner as the result shows it: price, place, margins, people and what the race reader saw, field by field in the order of
 * the recordings.
 *
 * @module
 */

import { ladder, stepBy } from "./market.ts";
import * as notation from "./notation.ts";
import { inRunning } from "./prose.ts";
import type { Race, Runner } from "./race.ts";
import { Dice, mix } from "./random.ts";
import { horseId } from "./stratum.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A runner of a result. `exchange` and `rated` say whether those figures have been published. */
export function runnerIn(
  race: Race,
  runner: Runner,
  sp: string,
  exchange: boolean,
  rated: boolean,
): Readonly<Record<string, unknown>> {
  const dice = new Dice(mix(runner.key, 2));
  // Drawn in any case, so that the comment does not depend on which figures are held back.
  const bsp = exchangePrice(dice, ladder[runner.step]!.decimal);
  const figures = figuresOf(dice, runner, rated);
  return {
    ...priceOf(runner, sp, exchange ? bsp : undefined),
    ...placeOf(runner),
    ...figures,
    prize: prizeText(race, runner.finish?.prize ?? 0),
    ...peopleOf(runner),
    comment: inRunning(
      dice,
      race.obstacles > 0,
      runner.finish?.position ?? "",
      betting(dice, runner.step),
    ),
    silk_url: notation.silkUrl(runner.owner.id),
  };
}

function priceOf({ horse, step }: Runner, sp: string, bsp: string | undefined): Fields {
  return {
    horse_id: horseId("hrs", horse.number),
    horse: notation.withCountry(horse),
    sp,
    sp_dec: notation.twoPlaces(Math.round(ladder[step]!.decimal * 100)),
    bsp,
  };
}

function placeOf({ number, draw, age, sex, lbs, headgear, finish }: Runner): Fields {
  const placed = finish?.seconds !== undefined;
  return {
    number: String(number),
    position: finish?.position ?? "",
    draw: draw === 0 ? "" : String(draw),
    btn: placed ? notation.margin(finish.lengths!) : "-",
    ovr_btn: placed ? notation.margin(finish.lengthsInAll!) : "-",
    age: String(age),
    sex: sex.code,
    weight: notation.stones(lbs),
    weight_lbs: String(lbs),
    headgear,
    time: placed ? notation.clock(finish.seconds!) : "-",
  };
}

function figuresOf(dice: Dice, { horse, rating, finish }: Runner, rated: boolean): Fields {
  const isShown = rated && finish?.seconds !== undefined;
  const rpr = String(horse.rating + dice.between(-20, 8));
  const tsr = dice.chance(0.8) ? String(horse.rating + dice.between(-40, 2)) : "–";
  return {
    or: rating === undefined ? "–" : String(rating),
    rpr: isShown ? rpr : "–",
    tsr: isShown ? tsr : "–",
  };
}

function peopleOf({ horse, jockey, trainer, owner }: Runner): Fields {
  return {
    jockey: jockey?.name ?? "",
    jockey_claim_lbs: String(jockey?.claimLbs ?? 0),
    jockey_id: jockey?.id ?? "",
    trainer: trainer.name,
    trainer_id: trainer.id,
    owner: owner.name,
    owner_id: owner.id,
    sire: notation.withCountry(horse.sire),
    sire_id: horseId("sir", horse.sire.number),
    dam: notation.withCountry(horse.dam),
    dam_id: horseId("dam", horse.dam.number),
    damsire: horse.damsire.name,
    damsire_id: horseId("dsi", horse.damsire.number),
  };
}

function exchangePrice(dice: Dice, decimal: number): string {
  return notation.twoPlaces(Math.round(decimal * (102 + dice.float() * 20)));
}

function prizeText(race: Race, hundredths: number): string {
  if (hundredths === 0) return "";
  return race.home === "IRE" ? `€${hundredths / 100}` : notation.twoPlaces(hundredths);
}

function betting(dice: Dice, step: number): string {
  const opened = stepBy(step, dice.between(-2, 2)).fractional;
  if (opened === ladder[step]!.fractional) return "";
  const touched = dice.chance(0.4) ? ` tchd ${stepBy(step, dice.between(-3, 3)).fractional}` : "";
  return `(op ${opened}${touched})`;
}
