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

/** A runner of a result. `exchange` and `rated` say whether those figures are out yet. */
export function runnerIn(
  race: Race,
  runner: Runner,
  sp: string,
  exchange: boolean,
  rated: boolean,
): Readonly<Record<string, unknown>> {
  const { horse, trainer, owner, finish } = runner;
  const dice = new Dice(mix(runner.key, 2));
  const price = ladder[runner.step]!;
  const placed = finish?.seconds !== undefined;
  // drawn in any case, so that what is said does not depend on what is held back
  const bsp = exchangePrice(dice, price.decimal);
  const rpr = String(horse.rating + dice.between(-20, 8));
  const tsr = dice.chance(0.8) ? String(horse.rating + dice.between(-40, 2)) : "–";
  return {
    horse_id: horseId("hrs", horse.number),
    horse: notation.withCountry(horse),
    sp,
    sp_dec: notation.twoPlaces(Math.round(price.decimal * 100)),
    bsp: exchange ? bsp : undefined,
    number: String(runner.number),
    position: finish?.position ?? "",
    draw: runner.draw === 0 ? "" : String(runner.draw),
    btn: placed ? notation.margin(finish.lengths!) : "-",
    ovr_btn: placed ? notation.margin(finish.lengthsInAll!) : "-",
    age: String(runner.age),
    sex: runner.sex.code,
    weight: notation.stones(runner.lbs),
    weight_lbs: String(runner.lbs),
    headgear: runner.headgear,
    time: placed ? notation.clock(finish.seconds!) : "-",
    or: runner.rating === undefined ? "–" : String(runner.rating),
    rpr: rated && placed ? rpr : "–",
    tsr: rated && placed ? tsr : "–",
    prize: prizeText(race, finish?.prize ?? 0),
    jockey: runner.jockey?.name ?? "",
    jockey_claim_lbs: String(runner.jockey?.claimLbs ?? 0),
    jockey_id: runner.jockey?.id ?? "",
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
    comment: inRunning(
      dice,
      race.obstacles > 0,
      finish?.position ?? "",
      betting(dice, runner.step),
    ),
    silk_url: notation.silkUrl(owner.id),
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
