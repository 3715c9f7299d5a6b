/**
 * The sentences of the sandbox: what tipsters, trainers and race readers say. Written for this project. They
 * hold commas, quotes, apostrophes, accents and dashes, because real ones do.
 *
 * @module
 */

import { choice, type Dice } from "./random.ts";

const recently: readonly string[] = [
  "Won with something in hand last time",
  "Close up on latest start",
  "Best run of the season when third a fortnight ago",
  "Never dangerous when last seen",
  "Stepped up on debut effort",
  "Disappointing favourite on her return",
  "Below par on last two outings",
  "Wasn't knocked about when mid-division",
  "Unlucky in running latest",
  "Made a noise when tailed off; since had a wind operation",
];

const outlook: readonly string[] = [
  "should be bang there",
  "more needed from this mark",
  "this trip ought to suit",
  "one to note in the betting",
  "respected but vulnerable to an improver",
  "can't be ruled out at a price",
  "others look better treated",
  "first-time headgear a plus",
  "happier on softer ground",
  "makes each-way appeal",
];

const details: readonly string[] = [
  "related to several winners for her owner",
  "yard in good form (4-17 in the last fortnight)",
  "2lb lower than when scoring here in the spring",
  'described by connections as "still a big baby"',
  "7-day turnaround isn't ideal",
  "first run since being gelded",
  "drawn wide, which hasn't been a help over this course & distance",
  "has gone well fresh",
];

const starts: readonly string[] = [
  "Led",
  "Prominent",
  "In touch with leaders",
  "Midfield",
  "Towards rear",
  "Dwelt start - in rear",
  "Held up - took keen hold",
  "Chased clear leader",
];

const flatMiddles: readonly string[] = [
  "headway over 2f out",
  "pushed along 3f out",
  "switched left over 1f out",
  "short of room inside final furlong",
  "ridden when hung right",
  "lost ground on bend",
];

const jumpMiddles: readonly string[] = [
  "headway before 3 out",
  "mistake 5th",
  "not fluent 2 out",
  "jumped left",
  "ridden after last",
  "hampered by faller 4th",
];

const ends: Readonly<Record<string, readonly string[]>> = {
  won: ["soon led - kept on well", "ridden clear - comfortably", "led final strides - all out"],
  placed: ["kept on - held by winner", "stayed on - not pace to challenge", "one pace near finish"],
  beaten: ["weakened inside final furlong", "no extra", "never dangerous", "soon beaten - eased"],
  PU: ["tailed off when pulled up before 2 out", "pulled up quickly - lame"],
  F: ["fell 3 out", "crumpled on landing and fell 7th"],
  UR: ["stumbled and unseated rider 4th", "hampered and unseated rider"],
  BD: ["brought down by faller 5th"],
  RO: ["ran out through rail on bend"],
  DSQ: ["kept on well - subsequently disqualified (weighed in light)"],
  VOI: ["race stopped after 3rd - horse running loose"],
};

const quotes: readonly string[] = [
  "He'll jump a fence in time, and the ground was quick enough today. We'll give him a break now",
  'She\'s only small but she has a heart like a lion - "a proper mare", my father calls her',
  "Ryan said he was a touch keen early, so we'll drop him in next time",
  "It's been the plan since Ascot. The lads at home deserve it",
  "Je suis ravi - he handled the très souple ground better than I thought",
  "I wouldn't swap him. If he stays sound there's a nice race in him; fingers crossed!",
];

const dashes = choice([[70, " - "], [30, "; "]]);

/** A short remark on a runner. */
export function remark(dice: Dice): string {
  return `${dice.pick(recently)}; ${dice.pick(outlook)}`;
}

/** A longer one, with an aside. */
export function spotlight(dice: Dice): string {
  return `${dice.pick(recently)}, ${dice.pick(details)}; ${dice.pick(outlook)}.`;
}

/** What the race reader saw of a runner: `position` is a number or a word, `betting` ends the line. */
export function inRunning(
  dice: Dice,
  overJumps: boolean,
  position: string,
  betting: string,
): string {
  const place = Number(position);
  const key = Number.isNaN(place)
    ? position
    : place === 1
    ? "won"
    : place < 5
    ? "placed"
    : "beaten";
  return `${dice.pick(starts)} - ${dice.pick(overJumps ? jumpMiddles : flatMiddles)}${
    dashes(dice)
  }${dice.pick(ends[key] ?? ends.beaten!)}${betting}`;
}

/** Something a trainer said. */
export function quote(dice: Dice): string {
  return dice.pick(quotes);
}

/** The verdict on a race, the selection in capitals. */
export function verdict(dice: Dice, selection: string, danger: string): string {
  const name = selection.toUpperCase();
  return dice.pick([
    `It was probably a better race in which ${name} ran last time and that should be enough to hold ${danger}.`,
    `The Verdict comprises ${name} and the interesting ${danger}, with preference for the former.`,
    `${name} shaped as if this trip would suit, "needed the run" according to connections and is taken to beat ${danger}.`,
  ]);
}

/** Words about the course on the day, each as likely as not to be given. */
export function groundNotes(dice: Dice, going: string): {
  readonly goingDetailed: string;
  readonly rails: string;
  readonly stalls: string;
  readonly weather: string | null;
} {
  const given = dice.chance(0.5);
  const stick = (5 + dice.float() * 4).toFixed(1);
  return {
    goingDetailed: given ? `${going.toUpperCase()} (GoingStick: ${stick})` : "",
    rails: given && dice.chance(0.4)
      ? `Rail on bend out ${dice.between(2, 8)}yds; +${dice.between(6, 60)}yds`
      : "",
    stalls: given && dice.chance(0.5)
      ? dice.pick(["Inside", "Far side", "Centre; 1m2f: outside"])
      : "",
    weather: dice.chance(0.1)
      ? null
      : given
      ? dice.pick(["Overcast, 9°C", "Sunny spells, 17°C", "Rain - light wind"])
      : "",
  };
}
