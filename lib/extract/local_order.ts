// Decides which instant an ambiguous local time means by the order of the rows of a page: where instants
// rise, or fall, from row to row and only one choice allows it. Pure. It never guesses: where two choices
// are possible, or the rows are in no order, a time stays ambiguous.

/** A time of a row: one text form, or those of its earlier and later instant. Texts sort by instant. */
export type Choice = string | readonly [string, string];

/**
 * The text form for each of the times of rows in order, or undefined for a time that stays ambiguous.
 * `isDistinct` declares that no two of them are the same instant.
 */
export function resolveTimes(
  times: readonly Choice[],
  isDistinct: boolean,
): (string | undefined)[] {
  const rising = onlyChoice(times, isDistinct);
  const falling = onlyChoice(times.toReversed(), isDistinct)?.toReversed();
  if (rising === undefined) return falling ?? times.map(known);
  if (falling === undefined) return rising;
  return rising.map((text, at) => text === falling[at] ? text : undefined);
}

function known(time: Choice): string | undefined {
  return typeof time === "string" ? time : undefined;
}

/** The only choice with which times never fall; undefined where there is none. */
function onlyChoice(
  times: readonly Choice[],
  isDistinct: boolean,
): (string | undefined)[] | undefined {
  const lowest = extremes(times, "lowest", isDistinct);
  const highest = extremes(times.toReversed(), "highest", isDistinct)?.toReversed();
  return lowest?.map((text, at) => text === highest?.[at] ? text : undefined);
}

/** The lowest instants that never fall, or, from the last row, the highest that never rise. */
function extremes(
  times: readonly Choice[],
  end: "lowest" | "highest",
  isDistinct: boolean,
): string[] | undefined {
  const chosen: string[] = [];
  let last: string | undefined;
  for (const time of times) {
    const isKnown = typeof time === "string";
    const options = isKnown ? [time] : end === "lowest" ? time : time.toReversed();
    const follows = (one: string) =>
      last === undefined || (end === "lowest" ? last < one : one < last) ||
      one === last && (!isDistinct || isKnown);
    last = options.find(follows);
    if (last === undefined) return undefined;
    chosen.push(last);
  }
  return chosen;
}
