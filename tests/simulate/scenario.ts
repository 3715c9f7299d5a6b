// Decides from one seed: the limits of the API, its outages and bad days, what its records are at any
// time, and how often processes die. It never looks at a clock. Invariant: one seed, one scenario.
import { parseRate, type Rate } from "../../lib/plan/time/rate.ts";
import { sequence } from "../support/chance.ts";

/** Milliseconds of a minute, an hour and a day. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** How long the API corrects a day after its end; the job declares it as `settle`. */
export const SETTLE_DAYS = 3;
/** When the simulation starts: before the clocks change in Europe. */
export const START_MS = Date.parse("2024-03-20T05:00:00Z");
/** Streams of the job; both have records on the same days. */
export const STREAMS = ["orders", "visits"] as const;

/** A time in which the API serves nobody. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
  /** `refused`: no connection; `broken`: connections end within the body; otherwise a status. */
  readonly kind: "refused" | "broken" | 500 | 502 | 503;
}

/** A declared limit, as YAML and as a rate. */
export interface DeclaredLimit {
  readonly yaml: string;
  readonly rate: Rate;
}

/** What one seed decides. */
export interface Scenario {
  readonly seed: number;
  /** Days with daily updates. */
  readonly days: number;
  /** Days before the first update that have records. */
  readonly historyDays: number;
  readonly limits: readonly DeclaredLimit[];
  /** Requests a day (UTC) that the API allows without the job declaring it; undefined for no such quota. */
  readonly hiddenQuota: number | undefined;
  /** Whether headers declare how much of that quota is left. */
  readonly announcesQuota: boolean;
  /** How far the database's clock is ahead of the process's, in milliseconds. */
  readonly skewMs: number;
  /** Longest time of a response; on a slow day some take longer. */
  readonly timeoutMs: number;
  /** Whether the checkpoint is a file. */
  readonly hasKvFile: boolean;
  readonly outages: readonly Outage[];
  /** Shares of the requests that are refused with 429, fail with 500, and break within the body. */
  readonly shares: { readonly refused: number; readonly failed: number; readonly broken: number };
  /** Share of the days on which responses take up to 20 s. */
  readonly slowShare: number;
  /** Share of the processes that die. */
  readonly deathShare: number;
  /** Share of the days on which an additional backfill starts, and of those on which a worker starts. */
  readonly companyShare: number;
  /** Longest time of one slice of an update; undefined for no bound. */
  readonly budgetMs: number | undefined;
}

/** A record as the API has it at some time. */
export interface ApiRecord {
  readonly id: string;
  readonly day: string;
  readonly amount: number;
  readonly note: string | null;
}

const PACES = ["1/s", "2/s", "5/s", "10/s", "60/min", "20/10s"];
const QUOTAS = [
  ...["", "", "60/h", "150/h", "120/d", "300/d", "100/6h", "12/d"],
  ...['{ limit: 150/d, resets: "00:00" }', '{ limit: 60/h, resets: "00:15" }'],
  '{ limit: 200/d, resets: "02:00", time_zone: Europe/London }',
];

/** Slices of an update, some shorter than a slow response. */
const BUDGETS_MS = [undefined, undefined, 10_000, 50_000, 600_000];

/** A timeout that slow days exceed, and one that nothing exceeds. */
const TIMEOUTS_MS = [15_000, HOUR_MS];
/** Clocks differ by up to this; a quota that resets at a clock time allows a second. */
const SKEW_MS = 600_000;
const SKEW_WITH_RESETS_MS = 1_000;

/** The scenario of a seed. */
export function scenarioOf(seed: number, days: number): Scenario {
  const random = sequence(seed);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  const limits = [pick(PACES), pick(QUOTAS)].filter((yaml) => yaml !== "").map(declared);
  const resets = limits.some(({ rate }) => rate.resets !== undefined);
  return {
    seed,
    days,
    limits,
    historyDays: 3 + Math.floor(random() * 25),
    announcesQuota: drawn(seed, "announces") < 0.5,
    skewMs: (2 * drawn(seed, "skew") - 1) * (resets ? SKEW_WITH_RESETS_MS : SKEW_MS),
    timeoutMs: TIMEOUTS_MS[drawn(seed, "timeout") < 0.5 ? 0 : 1]!,
    hasKvFile: drawn(seed, "file") < 0.1,
    hiddenQuota: random() < 0.2 ? 80 + Math.floor(random() * 100) : undefined,
    outages: outagesOf(random, days),
    shares: {
      refused: random() < 0.5 ? 0 : random() * 0.05,
      failed: random() < 0.5 ? 0 : random() * 0.05,
      broken: random() < 0.5 ? 0 : random() * 0.05,
    },
    slowShare: pick([0, 0.1, 0.5]),
    deathShare: pick([0, 0.3, 0.7]),
    companyShare: pick([0, 0.2, 0.5]),
    budgetMs: pick(BUDGETS_MS),
  };
}

function declared(yaml: string): DeclaredLimit {
  const [, limit = yaml, at, timeZone = "UTC"] =
    /limit: (\S+), resets: "(\d\d:\d\d)"(?:, time_zone: (\S+))?/.exec(yaml) ?? [];
  const rate = parseRate(limit);
  if (at === undefined) return { yaml, rate };
  const [hours, minutes] = at.split(":").map(Number);
  return { yaml, rate: { ...rate, resets: { minute: 60 * hours! + minutes!, timeZone } } };
}

/** One outage every few days, seconds to a day and a half long, most of them at the time of an update. */
function outagesOf(random: () => number, days: number): Outage[] {
  const outages: Outage[] = [];
  for (let day = 0; day < days; day++) {
    if (random() > 0.25) continue;
    const kind = (["refused", "broken", 500, 502, 503] as const)[Math.floor(random() * 5)]!;
    const lengthMs = 20_000 * (6_000 ** random());
    const fromMs = START_MS + day * DAY_MS +
      (random() < 0.7 ? 60_000 * random() : DAY_MS * random());
    outages.push({ kind, fromMs, toMs: fromMs + lengthMs });
  }
  return outages;
}

/** A number from 0 up to 1 that depends on the arguments alone. */
export function drawn(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join("/")) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return sequence(hash)();
}

/** The records of a day as the API has them at an instant: late ones are missing, corrected ones differ. */
export function recordsAt(
  { seed }: Scenario,
  stream: string,
  day: string,
  atMs: number,
): ApiRecord[] {
  const startMs = Date.parse(day);
  const settledMs = startMs + (1 + SETTLE_DAYS) * DAY_MS;
  const draw = (...parts: (string | number)[]) => drawn(seed, stream, day, ...parts);
  const count = draw("empty") < 0.2 ? 0 : Math.floor(25 * draw("count") ** 2);
  return Array.from({ length: count }, (_, at) => {
    // A tenth of the records is late; what is late has a small id, so that it shifts the pages.
    const isLate = draw(at, "late") < 0.1;
    const sinceMs = isLate
      ? startMs + (settledMs - startMs) * draw(at, "since")
      : startMs + DAY_MS * draw(at, "since");
    if (sinceMs > atMs) return undefined;
    const changes = [0, 1, 2].filter((n) => draw(at, "changes") * 6 > 3 + n)
      .filter((n) => sinceMs + (settledMs - sinceMs) * draw(at, "change", n) <= atMs).length;
    return {
      id: `${day}/${isLate ? "a" : "b"}${String(at).padStart(2, "0")}`,
      day,
      amount: Math.floor(1e6 * draw(at, "amount", changes)),
      note: draw(at, "note", changes) < 0.3 ? null : `note ${changes} of ${at}`,
    };
  }).filter((record) => record !== undefined).sort((a, b) => a.id < b.id ? -1 : 1);
}

/** The days from a first one to the one before another, as dates. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += DAY_MS) days.push(dayOf(at));
  return days;
}

/** The date of an instant in UTC. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** First day that has records. */
export function firstDay({ historyDays }: Scenario): string {
  return dayOf(START_MS - historyDays * DAY_MS);
}

/** The job that fetches both streams; tables are named after the seed, so that seeds share a database. */
export function jobText({ seed, limits, timeoutMs }: Scenario, url: string): string {
  const table = (name: string) =>
    `  ${name}_${seed}:
    key: id
    columns: { id: text, day: date, amount: integer, note: text }
`;
  const stream = (name: string, window: string, paging: string) =>
    `  ${name}:
    request: { path: /${name}, query: { from: "{from}", to: "{to}" } }
    window: ${window}
    settle: ${SETTLE_DAYS}d
    paging: ${paging}
    records: records
    record_date: day
    rows: ${name}_${seed}
`;
  return `job: simulated_${seed}
source:
  url: ${url}
  auth: { bearer: "\${TOKEN}" }
  limits: [${limits.map(({ yaml }) => yaml).join(", ")}]
  timeout: ${timeoutMs / 1_000}s
  retry: { initial_wait: 1s, max_wait: 30s }
tables:
${STREAMS.map(table).join("")}streams:
${stream("orders", "day", "{ by: page, size_param: size, size: 8 }\n    total: total")}${
    stream("visits", "{ min: day, max: 8d }", "{ by: cursor, cursor: next, cursor_param: after }")
  }`;
}
