// Formats the rate that a run uses of the limit that binds, and the share of each stream. Pure. Invariant: the
// shares that are shown add up to the rate that is shown.
import type { RunProgress, StreamProgress } from "../../console/state/run_progress.ts";
import type { Piece } from "../terminal/paint.ts";

/** Digits after the point of a rate. */
const DIGITS = 2;

/** A unit in which rates are shown. */
interface Unit {
  readonly perSecond: number;
  readonly name: string;
}

/** The units, from the shortest: the first one in which a rate is at least a half is used. */
const UNITS: readonly Unit[] = [
  { perSecond: 1, name: "s" },
  { perSecond: 60, name: "min" },
  { perSecond: 3600, name: "h" },
];

/** `1.98/s of 2/s`, with the stream of the limit where it has one of its own. */
export function rateText({ perSecond, limit }: RunProgress): Piece[] {
  if (limit === null) {
    return perSecond === null ? [] : [{ text: rate(perSecond, unitOf(perSecond)) }];
  }
  const owner = limit.stream === null ? "" : ` for ${limit.stream}`;
  const unit = unitOf(limit.allowed);
  const used = limit.stream === null ? perSecond : limit.used;
  const allowed = `${number(units(limit.allowed, unit))}/${unit.name}${owner}`;
  return [{ text: used === null ? `limit ${allowed}` : `${rate(used, unit)} of ${allowed}` }];
}

/** The rates of streams, which add up to the rate of all streams; empty for one that sends nothing. */
export function sharesText(
  { perSecond, limit, streams }: RunProgress,
  shown: readonly StreamProgress[],
): string[] {
  const unit = unitOf(limit?.allowed ?? perSecond ?? 1);
  const running = streams.filter((stream) => stream.perSecond !== null);
  const shares = addUp(
    running.map((stream) => units(stream.perSecond!, unit)),
    units(perSecond ?? 0, unit),
  );
  const texts = new Map(
    running.map(({ stream }, at) => [stream, `${number(shares[at]!)}/${unit.name}`]),
  );
  return shown.map(({ stream }) => texts.get(stream) ?? "");
}

/** Rounds values so that they add up to the rounded sum: the largest remainders are rounded up. */
function addUp(values: readonly number[], sum: number): number[] {
  const factor = 10 ** DIGITS;
  const floors = values.map((value) => Math.floor(value * factor));
  let left = Math.round(sum * factor) - floors.reduce((total, value) => total + value, 0);
  const order = values.map((value, at) => ({ at, rest: value * factor - floors[at]! }))
    .sort((a, b) => b.rest - a.rest);
  for (const { at } of order) {
    if (left <= 0) break;
    floors[at]!++;
    left--;
  }
  return floors.map((value) => value / factor);
}

function unitOf(perSecond: number): Unit {
  return UNITS.find((unit) => perSecond * unit.perSecond >= 0.5) ?? UNITS.at(-1)!;
}

function units(perSecond: number, unit: Unit): number {
  return perSecond * unit.perSecond;
}

function rate(perSecond: number, unit: Unit): string {
  return `${number(units(perSecond, unit))}/${unit.name}`;
}

function number(value: number): string {
  return String(Number(value.toFixed(DIGITS)));
}
