// Owns limits that a document states in words: `2 requests per second`, `at most 500 on a page`. Pure. Invariant: of
// several rates for the same interval the lowest is proposed.

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

/** A larger maximum is the bound of a type, not of a page. */
export const LARGEST_PAGE = 100_000;

/** The largest page that a description states. */
export function largestPage(description: string): number | undefined {
  return numberIn(description, MOST) ?? numberIn(description, MOST_BEHIND);
}

/** The page size that a description calls the default. */
export function usualPage(description: string): number | undefined {
  return numberIn(description, USUAL) ?? numberIn(description, USUAL_BEFORE);
}

/** The page size in a description of the page number: `10 results per page`. */
export function pageSizeIn(description: string): number | undefined {
  return numberIn(description, PER_PAGE);
}

const PAGE_NUMBER = String
  .raw`(\d{1,3}(?:[,_]\d{3})+|\d{1,6})\b(?!\s*(?:days?|months?|hours?|seconds?))`;
const MOST = new RegExp(
  String
    .raw`(?:max(?:imum)?\b\.?|up to|at most|no more than|(?:exceed|larger than|greater than|more than)|between \d+ (?:and|to)|from \d+ to|range:?\s*\[?\d+\s*(?:-|to|,|\.\.)|\b[01]\s*(?:-|–|to|\.\.)\s*(?=\d))[^\d.]{0,40}?${PAGE_NUMBER}`,
  "i",
);
const MOST_BEHIND = new RegExp(String.raw`${PAGE_NUMBER}\s*(?:\(?max(?:imum)?\b|at most)`, "i");
const USUAL = new RegExp(String.raw`defaults?\b[^\d.]{0,25}?${PAGE_NUMBER}`, "i");
const USUAL_BEFORE = new RegExp(
  String.raw`${PAGE_NUMBER}\s*(?:without it|by default|if (?:not|un)|unless|\(default)`,
  "i",
);

const PER_PAGE = new RegExp(
  String.raw`${PAGE_NUMBER}\s*(?:results|items|records|rows|entries)\s*(?:per|a|on each) page`,
  "i",
);

function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = Number(pattern.exec(text)?.[1]?.replace(/[,_]/g, ""));
  return found > 0 && found <= LARGEST_PAGE ? found : undefined;
}
