/**
 * What is run on a day: the meetings, and of each race everything but its runners. Cheap on purpose, because counting
 * the races of a year must not generate their runners. Races of a day come in the order of their off times.
 *
 * @module
 */

import { isGoodFriday, londonOffsetMinutes, monthOf, weekdayOf } from "./calendar.ts";
import { type Course, coursesWith, type Home, type Track } from "./courses.ts";
import { type Terms, termsOf } from "./terms.ts";
import { choice, Dice, keyOf, mix } from "./random.ts";

/** A meeting's share in each of its races. */
export interface Meeting {
  /** Where. */
  readonly course: Course;
  /** On what. */
  readonly track: Track;
  /** Which part of the world, for runners and people. */
  readonly home: Home;
  /** State of the ground. */
  readonly going: string;
  /** The n-th meeting of the day of this division and code, from 0, and how many there are. */
  readonly seat: { readonly index: number; readonly of: number };
}

/** A race before its runners are known. */
export interface Fixture extends Meeting, Terms {
  /** Such as `rac_11744434`. */
  readonly id: string;
  /** The seed of everything about the race. */
  readonly key: number;
  /** The day it is run. */
  readonly day: number;
  /** Minutes from midnight, London time. */
  readonly offMinutes: number;
  /** London's offset from UTC in minutes on that day. */
  readonly offsetMinutes: number;
  /** Called off: there is a card and no result. */
  readonly abandoned: boolean;
  /** Run and then declared void: there is a result without placings. */
  readonly voided: boolean;
}

/** The first day with races: 1988-01-01. */
const firstDay = 6574;

const idFactor = 13;
const racesPerDay = 128; // a bound on serial numbers; the busiest day has about 80
const programmeKey = keyOf("programme");

/** Every race of a day, ordered by off time; none before {@linkcode firstDay}. */
export function programmeOn(seed: number, day: number): readonly Fixture[] {
  if (day < firstDay) return [];
  const dice = new Dice(mix(mix(seed, programmeKey), day));
  const fixtures = meetingsOn(dice, day).flatMap((meeting) => racesAt(dice, day, meeting));
  return fixtures
    .map((fixture, serial) => ({ ...fixture, ...identity(seed, day, serial) }))
    .sort((a, b) => a.offMinutes - b.offMinutes || a.key - b.key);
}

/** The day a race id belongs to, or `undefined` if it cannot be a race's id. */
export function dayOfRace(id: string): number | undefined {
  const number = Number(/^rac_(\d{1,12})$/.exec(id)?.[1]) / idFactor;
  if (!Number.isInteger(number)) return undefined;
  return Math.floor(number / racesPerDay);
}

/** The instant of a race's off, in epoch milliseconds. */
export function offMs(race: Pick<Fixture, "day" | "offMinutes" | "offsetMinutes">): number {
  return race.day * 86_400_000 + (race.offMinutes - race.offsetMinutes) * 60_000;
}

function identity(seed: number, day: number, serial: number) {
  const number = day * racesPerDay + serial;
  return { id: `rac_${number * idFactor}`, key: mix(mix(seed, programmeKey + 1), number) };
}

/** Average number of meetings by weekday, Sunday first. */
const meetingsByWeekday: Readonly<Record<Home, readonly number[]>> = {
  GB: [2.1, 2.9, 3.8, 4, 4, 4.5, 5.7],
  IRE: [1.9, 0.8, 0.8, 1, 1, 1.4, 1.2],
  ROW: [0.7, 0.2, 0.3, 0.2, 0.3, 0.3, 0.5],
};

/** How the code of a meeting depends on the month, January first: shares of turf flat and all-weather; the rest is jumps. */
const shares: Readonly<Record<Home, readonly (readonly [number, number])[]>> = {
  GB: [
    [0, 0.42],
    [0, 0.42],
    [0.05, 0.4],
    [0.35, 0.25],
    [0.55, 0.15],
    [0.65, 0.15],
    [0.68, 0.14],
    [0.68, 0.14],
    [0.6, 0.2],
    [0.35, 0.25],
    [0.02, 0.38],
    [0, 0.4],
  ],
  IRE: [
    [0, 0.2],
    [0, 0.2],
    [0.15, 0.15],
    [0.4, 0.1],
    [0.55, 0.05],
    [0.6, 0.05],
    [0.6, 0.05],
    [0.6, 0.05],
    [0.55, 0.1],
    [0.35, 0.15],
    [0, 0.2],
    [0, 0.2],
  ],
  ROW: Array.from({ length: 12 }, (_, month) => month < 3 || month > 9 ? [0.4, 0.4] : [0.85, 0.05]),
};

const lightMonths: readonly number[] = [
  0.85,
  0.85,
  0.9,
  1,
  1.1,
  1.1,
  1.1,
  1.15,
  1.05,
  1,
  0.95,
  0.95,
];

function meetingsOn(dice: Dice, day: number): Meeting[] {
  const busy = busyness(day);
  const used = new Set<string>();
  const meetings: Omit<Meeting, "seat">[] = [];
  for (const home of ["GB", "IRE", "ROW"] as const) {
    const average = meetingsByWeekday[home][weekdayOf(day)]! * busy;
    const count = Math.floor(average + dice.float());
    for (let n = 0; n < count; n++) {
      const meeting = meetingOn(dice, day, home, used);
      if (meeting) meetings.push(meeting);
    }
  }
  return seated(meetings);
}

/** How much of the usual racing there is: none at Christmas, and on Good Friday little, and that only since 2014. */
function busyness(day: number): number {
  const date = new Date(day * 86_400_000).toISOString();
  const monthAndDay = date.slice(5, 10);
  if (monthAndDay === "12-24" || monthAndDay === "12-25") return 0;
  if (monthAndDay === "12-23") return 0.25;
  if (monthAndDay === "12-26") return 1.9;
  if (isGoodFriday(day)) return date < "2014" ? 0 : 0.4;
  return lightMonths[monthOf(day) - 1]!;
}

function meetingOn(
  dice: Dice,
  day: number,
  home: Home,
  used: Set<string>,
): Omit<Meeting, "seat"> | undefined {
  const [flat, aw] = shares[home][monthOf(day) - 1]!;
  const track = trackOf(dice.float(), flat, aw);
  const courses = coursesWith(home, track).filter((course) => !used.has(course.id));
  if (courses.length === 0) return undefined;
  const course = dice.pick(courses);
  used.add(course.id);
  return { course, track, home, going: goingOf(dice, day, home, track) };
}

function trackOf(roll: number, flat: number, aw: number): Track {
  if (roll < flat) return "flat";
  return roll < flat + aw ? "aw" : "jump";
}

function seated(meetings: readonly Omit<Meeting, "seat">[]): Meeting[] {
  const groups = Map.groupBy(meetings, (m) => `${m.home} ${m.track === "jump"}`);
  return meetings.map((meeting) => {
    const group = groups.get(`${meeting.home} ${meeting.track === "jump"}`)!;
    return { ...meeting, seat: { index: group.indexOf(meeting), of: group.length } };
  });
}

const turf: Readonly<Record<Home, readonly string[]>> = {
  GB: ["Firm", "Good To Firm", "Good", "Good To Soft", "Soft", "Heavy"],
  IRE: [
    "Good To Firm",
    "Good",
    "Good To Yielding",
    "Yielding",
    "Yielding To Soft",
    "Soft",
    "Heavy",
  ],
  ROW: ["Good To Firm", "Good", "Good To Soft", "Soft", "Very Soft"],
};

const artificial = choice([[70, "Standard"], [22, "Standard To Slow"], [8, "Standard To Fast"]]);

function goingOf(dice: Dice, day: number, home: Home, track: Track): string {
  if (track === "aw") {
    return artificial(dice);
  }
  const scale = turf[home];
  const wet = 0.5 + 0.3 * Math.cos((monthOf(day) - 1) / 12 * 2 * Math.PI); // January 0.8, July 0.2
  const place = wet * (scale.length - 1) + (dice.float() - 0.5) * 2.4;
  return scale[Math.max(0, Math.min(scale.length - 1, Math.round(place)))]!;
}

function racesAt(dice: Dice, day: number, meeting: Meeting): Omit<Fixture, "id" | "key">[] {
  const count = meeting.home === "ROW" ? dice.between(2, 5) : dice.between(6, 8);
  const first = firstOff(dice, day, meeting.track);
  const stepMinutes = dice.pick([30, 30, 35]);
  const runFrom = dice.chance(0.988) ? count : dice.chance(0.6) ? 0 : dice.between(1, count - 1);
  const offsetMinutes = londonOffsetMinutes(day);
  return Array.from({ length: count }, (_, n) => ({
    ...meeting,
    ...termsOf(dice, monthOf(day), meeting, n === count - 1),
    day,
    offMinutes: first + n * stepMinutes,
    offsetMinutes,
    abandoned: n >= runFrom,
    voided: n < runFrom && dice.chance(0.0015),
  }));
}

function firstOff(dice: Dice, day: number, track: Track): number {
  const winter = monthOf(day) < 3 || monthOf(day) > 10;
  const evening = dice.chance(track === "aw" ? 0.45 : winter || track === "jump" ? 0 : 0.25);
  if (evening) return dice.between(16 * 60 + 20, 17 * 60 + 45);
  return winter ? dice.between(11 * 60 + 50, 12 * 60 + 50) : dice.between(13 * 60, 14 * 60 + 20);
}
