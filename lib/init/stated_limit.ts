// Owns limits that a document states in words: `2 requests per second`. Pure. Invariant: of several limits for the same
// interval the lowest is proposed.

const UNITS: Readonly<Record<string, readonly [unit: string, seconds: number]>> = {
  ...{ second: ["s", 1], sec: ["s", 1], s: ["s", 1] },
  ...{ minute: ["min", 60], min: ["min", 60], m: ["min", 60] },
  ...{ hour: ["h", 3600], hr: ["h", 3600], h: ["h", 3600] },
  ...{ day: ["d", 86_400], d: ["d", 86_400] },
};
const COUNTS: Readonly<Record<string, number>> = {
  ...{ one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, ten: 10, twenty: 20, hundred: 100 },
};
const NUMBER = String.raw`(\d[\d,_]*|${Object.keys(COUNTS).join("|")})`;
const UNIT = String.raw`(\d+\s*)?(second|minute|hour|day|secs?|mins?|hr|s|m|h|d)s?\b`;
const WHAT = String.raw`(?:\w+\s+)?(?:requests?|calls?|queries|hits|reqs?)`;
const LIMITS = new RegExp(
  String
    .raw`\b${NUMBER}\s*${WHAT}\s*(?:\/|per|an?|each|every|in(?: any)?(?: an?)?|within)\s*${UNIT}`,
  "gi",
);
const SHORT = /\b(\d+)\s*(?:rps|qps)\b/gi;

/** The limits that a text states, such as `["2/s", "500/d"]`, the shortest interval first. */
export function statedLimits(text: string): string[] {
  const found = new Map<number, { readonly rate: string; readonly requests: number }>();
  const add = (requests: number, count: number, unit: string) => {
    const [short, unitSeconds] = UNITS[unit.toLowerCase().replace(/^(sec|min)s$/, "$1")] ?? ["", 0];
    const seconds = count * unitSeconds;
    if (!(requests > 0) || !(seconds > 0)) return;
    if ((found.get(seconds)?.requests ?? Infinity) <= requests) return;
    found.set(seconds, { rate: `${requests}/${count === 1 ? "" : count}${short}`, requests });
  };
  for (const [, number = "", count, unit = ""] of text.matchAll(LIMITS)) {
    const requests = COUNTS[number.toLowerCase()] ?? Number(number.replace(/[,_]/g, ""));
    add(requests, Number(count ?? 1), unit);
  }
  for (const [, number] of text.matchAll(SHORT)) add(Number(number), 1, "s");
  return [...found].sort(([a], [b]) => a - b).map(([, { rate }]) => rate);
}
