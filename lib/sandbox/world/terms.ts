/**
 * The terms of a race: its name, who may run, over what, for how much. Says nothing of a day's other races.
 *
 * @module
 */

import type { Home, Track } from "./courses.ts";
import { choice, type Dice } from "./random.ts";
import { frenchRaces, sponsors } from "./words.ts";

/** A race's kind, as both endpoints state it. */
export type RaceType = "Flat" | "Hurdle" | "Chase" | "NH Flat";

/** What the conditions of a race say. */
export interface Terms {
  /** The full title. */
  readonly name: string;
  /** Flat, over jumps, or a flat race for jumpers. */
  readonly type: RaceType;
  /** `Class 4`; empty outside Britain. */
  readonly raceClass: string;
  /** `Group 1` to `Group 3`, `Grade 1` to `Grade 3`, `Listed`, or empty. */
  readonly pattern: string;
  /** `0-70` in handicaps, or empty. */
  readonly ratingBand: string;
  /** Weights by rating. */
  readonly handicap: boolean;
  /** Youngest age allowed. */
  readonly leastAge: number;
  /** Oldest age allowed; Infinity if open. */
  readonly mostAge: number;
  /** `F`, `F&M`, `M`, `C&G`, or empty. */
  readonly sexRestriction: string;
  /** Quality of the horses: 0 is the best. */
  readonly tier: number;
  /** Distance in yards. */
  readonly yards: number;
  /** Hurdles or fences to jump; 0 on the flat. */
  readonly obstacles: number;
  /** What the winner gets, in pence or cents. */
  readonly winnerPrize: number;
  /** How many runners are declared, if so many can be found. */
  readonly declared: number;
}

interface Sort {
  readonly title: string;
  readonly pattern: string;
  readonly handicap: boolean;
  readonly level: number; // British class; 1 is the best
}

/** Draws the terms of one race of a meeting in a month (1 to 12). */
export function termsOf(
  dice: Dice,
  month: number,
  meeting: { readonly home: Home; readonly track: Track },
  lastOfDay: boolean,
): Terms {
  const type = typeOf(dice, meeting.track, lastOfDay);
  const sort = sortOf(dice, type);
  const ages = agesOf(dice, type, month);
  const sexRestriction = sexOf(dice, type, ages);
  const yards = yardsOf(dice, type, ages[0]);
  return {
    name: nameOf(dice, meeting.home, { type, sort, ages, sex: sexRestriction }),
    type,
    raceClass: meeting.home === "GB" ? `Class ${sort.level}` : "",
    pattern: sort.pattern,
    ratingBand: sort.handicap && meeting.home !== "ROW" ? bandOf(type, sort.level) : "",
    handicap: sort.handicap,
    leastAge: ages[0],
    mostAge: ages[1],
    sexRestriction,
    tier: sort.level <= 2 ? dice.below(2) * (sort.level - 1) : sort.level <= 4 ? 1 : 2,
    yards,
    obstacles: obstaclesOf(type, yards),
    winnerPrize: prizeOf(dice, meeting.home, sort),
    declared: declaredOf(dice, sort),
  };
}

/** Ages as the endpoints write them: `3yo`, `3yo+`, `3-5yo`. */
export function ageBand({ leastAge, mostAge }: Pick<Terms, "leastAge" | "mostAge">): string {
  if (leastAge === mostAge) return `${leastAge}yo`;
  return mostAge === Infinity ? `${leastAge}yo+` : `${leastAge}-${mostAge}yo`;
}

function typeOf(dice: Dice, track: Track, lastOfDay: boolean): RaceType {
  if (track !== "jump") return "Flat";
  if (lastOfDay && dice.chance(0.7)) return "NH Flat";
  return dice.chance(0.58) ? "Hurdle" : "Chase";
}

const handicapLevel = choice([[4, 2], [11, 3], [26, 4], [33, 5], [26, 6]]);
const patternRank = choice([[50, 3], [30, 2], [20, 1]]);

const sort = choice<(dice: Dice, grade: string) => Sort>([
  [55, (dice) => ({ title: "Handicap", pattern: "", handicap: true, level: handicapLevel(dice) })],
  [13, (dice) => ({ title: "Maiden", pattern: "", handicap: false, level: dice.between(4, 5) })],
  [15, (dice) => ({ title: "Novices'", pattern: "", handicap: false, level: dice.between(3, 5) })],
  [7, () => ({ title: "Selling", pattern: "", handicap: false, level: 6 })],
  [5, (dice) => ({ title: "Conditions", pattern: "", handicap: false, level: dice.between(2, 3) })],
  [2, () => ({ title: "Stakes", pattern: "Listed", handicap: false, level: 1 })],
  [3, (dice, grade) => ({
    title: "Stakes",
    pattern: `${grade} ${patternRank(dice)}`,
    handicap: false,
    level: 1,
  })],
]);

function sortOf(dice: Dice, type: RaceType): Sort {
  return sort(dice)(dice, type === "Flat" ? "Group" : "Grade");
}

type Ages = readonly [least: number, most: number];

const bumperAges = choice<Ages>([[60, [4, 6]], [25, [4, 7]], [15, [4, Infinity]]]);
const hurdleAges = choice<Ages>([[80, [4, Infinity]], [10, [4, 8]], [10, [4, 7]]]);
const chaseAges = choice<Ages>([[80, [5, Infinity]], [10, [5, 8]], [10, [5, 7]]]);
const winterAges = choice<Ages>([[70, [4, Infinity]], [30, [3, 3]]]);
const springAges = choice<Ages>([[6, [2, 2]], [28, [3, 3]], [50, [3, Infinity]], [16, [
  4,
  Infinity,
]]]);
const flatAges = choice<Ages>([
  [22, [2, 2]],
  [18, [3, 3]],
  [44, [3, Infinity]],
  [10, [4, Infinity]],
  [4, [3, 5]],
]);

function agesOf(dice: Dice, type: RaceType, month: number): Ages {
  if (type === "NH Flat") return bumperAges(dice);
  if (type === "Hurdle") return hurdleAges(dice);
  if (type === "Chase") return chaseAges(dice);
  if (month < 4) return winterAges(dice);
  return month < 6 ? springAges(dice) : flatAges(dice);
}

function sexOf(dice: Dice, type: RaceType, [least, most]: Ages): string {
  const roll = dice.float();
  if (roll > 0.15) return "";
  if (type !== "Flat") return "M";
  if (roll < 0.015) return "C&G";
  return most <= 3 || (least < 4 && roll < 0.08) ? "F" : "F&M";
}

function yardsOf(dice: Dice, type: RaceType, leastAge: number): number {
  const extra = dice.chance(0.55) ? dice.between(1, 105) : 0;
  if (type !== "Flat") {
    return dice.pick([16, 16, 16, 17, 18, 19, 20, 20, 21, 22, 24, 24, 26]) * 220 + extra;
  }
  const furlongs = leastAge === 2
    ? [5, 5, 6, 6, 7, 7, 8]
    : [5, 6, 6, 7, 7, 8, 8, 9, 10, 10, 11, 12, 12, 14, 16];
  return dice.pick(furlongs) * 220 + extra;
}

function obstaclesOf(type: RaceType, yards: number): number {
  if (type === "Hurdle") return Math.round(yards / 440);
  return type === "Chase" ? Math.round(yards / 300) : 0;
}

function bandOf(type: RaceType, level: number): string {
  const tops = type === "Flat" ? [110, 105, 90, 80, 70, 60] : [150, 145, 130, 115, 105, 95];
  return `0-${tops[level - 1]}`;
}

function prizeOf(dice: Dice, home: Home, { level, pattern }: Sort): number {
  const [least, most] = [
    [24_000, 70_000],
    [12_000, 26_000],
    [6_800, 10_400],
    [4_000, 6_300],
    [3_100, 4_200],
    [2_600, 3_200],
  ][level - 1]!;
  const top = pattern.endsWith(" 1") ? 5 : pattern.endsWith(" 2") ? 2 : 1;
  const amount = dice.between(least!, most!) * top;
  return home === "IRE"
    ? Math.round(amount * 1.35 / 100) * 10_000
    : amount * 100 + dice.below(10) * 10;
}

function declaredOf(dice: Dice, { handicap, level }: Sort): number {
  const spread = (dice.float() + dice.float() + dice.float()) / 3; // a hump around the middle
  const most = handicap ? (level === 2 && dice.chance(0.3) ? 30 : 19) : 16;
  return Math.max(3, Math.round(2 + (most - 2) * spread));
}

function nameOf(
  dice: Dice,
  home: Home,
  { type, sort, ages, sex }: {
    readonly type: RaceType;
    readonly sort: Sort;
    readonly ages: Ages;
    readonly sex: string;
  },
): string {
  if (home === "ROW" && dice.chance(0.7)) {
    return `${dice.pick(frenchRaces)} (${sort.title}) (${
      ageBand({ leastAge: ages[0], mostAge: ages[1] })
    }) (Turf)`;
  }
  const title = [
    dice.pick(sponsors),
    sex === "M" ? "Mares'" : sex.startsWith("F") ? "Fillies'" : "",
    type !== "Flat" && dice.chance(0.06) ? '"National Hunt"' : "",
    sort.handicap && ages[1] === 2 ? "Nursery" : "",
    sort.title,
    kindWord(type, sort),
  ].filter((word) => word !== "").join(" ");
  const pattern = sort.pattern && `(${sort.pattern})`;
  return [title, pattern, suffix(dice, home)].filter((word) => word !== "").join(" ");
}

function kindWord(type: RaceType, sort: Sort): string {
  if (type === "NH Flat") return "National Hunt Flat Race";
  if (type !== "Flat") return type;
  return sort.handicap || sort.title === "Stakes" ? "" : "Stakes";
}

const britishSuffix = choice([[78, ""], [12, "(GBB Race)"], [5, "(Div I)"], [5, "(Div II)"]]);

function suffix(dice: Dice, home: Home): string {
  if (home !== "GB") return "";
  return britishSuffix(dice);
}
