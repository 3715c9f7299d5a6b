/**
 * The view of a race after it was run, as `/v1/results` answers it, field by field in the order of the recordings.
 * Withdrawn horses are named in a line of text and are not among the runners.
 *
 * @module
 */

import { dateOf } from "./calendar.ts";
import { horseId, type Relative } from "./horse.ts";
import { ladder, startingPrices, stepBy } from "./market.ts";
import * as notation from "./notation.ts";
import { type Fixture } from "./programme.ts";
import { inRunning } from "./prose.ts";
import type { Race, Runner } from "./race.ts";
import { jumps, silkUrl } from "./racecard.ts";
import { ageBand } from "./terms.ts";
import { Dice, mix } from "./random.ts";

/** What a result says of the race alone: enough to filter and count without its runners. */
export interface ResultHead {
  /** Such as `rac_11744434`. */
  readonly race_id: string;
  /** ISO date. */
  readonly date: string;
  /** Upper case. */
  readonly region: string;
  /** Course name. */
  readonly course: string;
  /** Such as `crs_624`. */
  readonly course_id: string;
  /** Twelve-hour clock. */
  readonly off: string;
  /** Local time with offset. */
  readonly off_dt: string;
  /** Title. */
  readonly race_name: string;
  /** `Flat`, `Hurdle`, `Chase`, `NH Flat`. */
  readonly type: string;
  /** `Class 4` or empty. */
  readonly class: string;
  /** `Group 1` or empty. */
  readonly pattern: string;
  /** `0-70` or empty. */
  readonly rating_band: string;
  /** `3yo+`. */
  readonly age_band: string;
  /** `F`, `M` or empty. */
  readonly sex_rest: string;
  /** `1m3f`. */
  readonly dist: string;
  /** Yards. */
  readonly dist_y: string;
  /** Metres. */
  readonly dist_m: string;
  /** Furlongs. */
  readonly dist_f: string;
  /** State of the ground. */
  readonly going: string;
  /** `Turf` or `AW`. */
  readonly surface: string;
}

/** A result; all fields of the published schema. A field that is `undefined` is absent from the answer. */
export interface Result extends ResultHead {
  /** Those that ran, the winner first. */
  readonly runners: readonly Readonly<Record<string, unknown>>[];
  /** The rest. */
  readonly [field: string]: unknown;
}

/** The part of a result that does not need the runners. */
export function resultHeadOf(race: Fixture): ResultHead {
  const metres = notation.metres(race.yards);
  return {
    race_id: race.id,
    date: dateOf(race.day),
    region: race.course.region,
    course: race.course.name,
    course_id: race.course.id,
    off: notation.offTime(race.offMinutes),
    off_dt: notation.offDateTime(race.day, race.offMinutes, race.offsetMinutes),
    race_name: race.name,
    type: race.type,
    class: race.raceClass,
    pattern: race.pattern,
    rating_band: race.ratingBand,
    age_band: ageBand(race),
    sex_rest: race.sexRestriction,
    dist: notation.roundDistance(race.yards),
    dist_y: String(Math.floor(metres / 0.9144)),
    dist_m: String(metres),
    dist_f: `${notation.furlongs(race.yards)}f`,
    going: race.going,
    surface: race.track === "aw" ? "AW" : "Turf",
  };
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
    jumps: race.home === "ROW" && dice.chance(0.5) ? undefined : jumps(race),
    runners: rows.sort((a, b) => a.order - b.order).map(({ row }) => row),
    winning_time_detail: timeDetail(race, ran),
    comments: race.voided ? "Race void: stopped on safety grounds, all bets returned" : "",
    non_runners: race.runners.filter((runner) => runner.withdrawn)
      .map(({ horse, withdrawn }) => `${horse.name} (${withdrawn})`).join(", "),
    ...tote(dice, race, ran),
  };
}

const exchangeSince = 13_970; // 2008-04-01; no exchange prices before

/** Places first, then words, then the order of the card. */
function orderOf({ finish }: Runner, n: number): number {
  const place = Number(finish?.position);
  return (Number.isNaN(place) ? 1000 : place) * 100 + n;
}

function runnerIn(
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
    horse: withCountry(horse),
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
    sire: withCountry(horse.sire),
    sire_id: horseId("sir", horse.sire.number),
    dam: withCountry(horse.dam),
    dam_id: horseId("dam", horse.dam.number),
    damsire: horse.damsire.name,
    damsire_id: horseId("dsi", horse.damsire.number),
    comment: inRunning(
      dice,
      race.obstacles > 0,
      finish?.position ?? "",
      betting(dice, runner.step),
    ),
    silk_url: silkUrl(owner),
  };
}

function exchangePrice(dice: Dice, decimal: number): string {
  return notation.twoPlaces(Math.round(decimal * (102 + dice.float() * 20)));
}

/** A name as results and profiles write it: `Veraison (IRE)`. */
export function withCountry({ name, region }: Relative): string {
  return `${name} (${region})`;
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

function timeDetail(race: Race, ran: readonly Runner[]): string {
  const seconds = ran.find((runner) => runner.finish?.lengthsInAll === 0)?.finish?.seconds;
  if (seconds === undefined) return "";
  const by = Math.abs(race.slowBySeconds).toFixed(2);
  return `${notation.spokenClock(seconds)} (${race.slowBySeconds < 0 ? "fast" : "slow"} by ${by}s)`;
}

const noTote = {
  tote_win: "",
  tote_pl: "",
  tote_ex: "",
  tote_csf: "",
  tote_tricast: "",
  tote_trifecta: "",
};

function tote(dice: Dice, race: Race, ran: readonly Runner[]) {
  const [first, second, third] = ran
    .filter((runner) => runner.finish?.seconds !== undefined)
    .sort((a, b) => a.finish!.seconds! - b.finish!.seconds!)
    .map((runner) => ladder[runner.step]!.decimal);
  if (race.home === "ROW" || first === undefined) return noTote;
  const symbol = race.home === "IRE" ? "€" : "£";
  const pay = (amount: number) => notation.dividend(symbol, Math.round(amount * 10) / 10);
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
