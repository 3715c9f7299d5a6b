// Owns the two notations of a length of time in a job file: an elapsed duration ("15m", in milliseconds) and a length
// of window on the calendar ("7d", "1mo"). It converts text to values in one place, so that no number in the code has
// a unit that stands only in prose.

const MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a duration such as `500ms`, `30s`, `15m`, `2h`, `3d`, `1w`; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)$/.exec(text);
  const unit = MS[match?.[2] ?? ""];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/**
 * A length of window on the calendar.
 *
 * `minute` and `day` lengths start where the range starts; `week` (Monday), `month` and `year` lengths
 * start and end at the calendar's own borders.
 */
export interface WindowLength {
  /** Unit of the count. */
  readonly unit: "minute" | "day" | "week" | "month" | "year";
  /** How many units, at least 1. */
  readonly count: number;
}

const LENGTHS: Record<string, WindowLength> = {
  minute: { unit: "minute", count: 1 },
  hour: { unit: "minute", count: 60 },
  day: { unit: "day", count: 1 },
  week: { unit: "week", count: 1 },
  month: { unit: "month", count: 1 },
  year: { unit: "year", count: 1 },
};

const SHORT: Record<string, string> = {
  min: "minute",
  h: "hour",
  d: "day",
  w: "week",
  mo: "month",
  y: "year",
};

/** The length of `day`, `7d`, `6h`, `30min`, `week`, `2w`, `month`, `3mo`, `year`; undefined for anything else. */
export function parseWindowLength(text: string): WindowLength | undefined {
  const match = /^(\d{1,6})\s*(min|h|d|w|mo|y)$/.exec(text);
  const name = match === null ? text : SHORT[match[2] ?? ""];
  const unit = Object.hasOwn(LENGTHS, name ?? "") ? LENGTHS[name ?? ""] : undefined;
  const count = match === null ? 1 : Number(match[1]);
  if (unit === undefined || count < 1) return undefined;
  return { unit: unit.unit, count: unit.count * count };
}
