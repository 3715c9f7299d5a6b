/**
 * The endpoints of The Racing API that Hindcast uses: path, published limit, and how a request becomes a response. It
 * filters, pages and validates; the data comes from a source. It knows nothing about HTTP servers.
 *
 * @module
 */

import { dateOf, londonDay } from "./world/calendar.ts";
import type { Racecard } from "./world/racecard.ts";
import type { Result } from "./world/result.ts";
import type { ResultHead } from "./world/result_head.ts";
import { placeFilter, resultFilter } from "./filter.ts";
import { dayRange, Query } from "./query.ts";
import { json, refusal, type Reply } from "./reply.ts";
import type { Source } from "./source.ts";

/** What an endpoint depends on. */
export interface RunContext {
  /** Where the data comes from. */
  readonly source: Source;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** One path of the API. */
export interface Endpoint {
  /** The published path, with `{...}` for the variable part. */
  readonly path: string;
  /** The published limit. */
  readonly requestsPerSecond: number;
  /** Replies to a request; `id` is the variable part of the path, or empty. */
  answer(scene: RunContext, query: Query, id: string): Reply;
}

/** An endpoint and the variable part of its path. */
export interface Route {
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** The variable part of the path, or empty. */
  readonly id: string;
}

/** Every endpoint, with limits as the API publishes them. */
export const endpoints: readonly Endpoint[] = [
  { path: "/v1/courses", requestsPerSecond: 1, answer: listCourses },
  {
    path: "/v1/courses/regions",
    requestsPerSecond: 1,
    answer: ({ source }) => json(200, source.regions),
  },
  { path: "/v1/racecards/pro", requestsPerSecond: 2, answer: racecardsByDate },
  { path: "/v1/racecards/standard", requestsPerSecond: 2, answer: racecardsByName },
  { path: "/v1/results", requestsPerSecond: 5, answer: listResults },
  {
    path: "/v1/results/{race_id}",
    requestsPerSecond: 5,
    answer: ({ source }, _, id) => found(source.result(id)),
  },
  {
    path: "/v1/horses/{horse_id}/pro",
    requestsPerSecond: 5,
    answer: ({ source }, _, id) => found(source.horse(id, "pro")),
  },
  {
    path: "/v1/horses/{horse_id}/standard",
    requestsPerSecond: 5,
    answer: ({ source }, _, id) => found(source.horse(id, "standard")),
  },
];

const patterns = endpoints.map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replace(/\{\w+\}/, "([^/]+)")}$`),
}));

/** The endpoint of a path, or `undefined`. */
export function routeOf(path: string): Route | undefined {
  for (const { endpoint, pattern } of patterns) {
    const match = pattern.exec(path);
    if (match) return { endpoint, id: match[1] ?? "" };
  }
  return undefined;
}

/** Replies to a request to a known path. */
export function answer(scene: RunContext, route: Route, params: URLSearchParams): Reply {
  return route.endpoint.answer(scene, new Query(params), route.id);
}

function found(value: unknown): Reply {
  return value === undefined ? refusal(404, "Not found") : json(200, value);
}

function listCourses({ source }: RunContext, query: Query): Reply {
  const codes = query.list("region_codes");
  const courses = source.courses
    .filter((course) => codes.length === 0 || codes.includes(course.region_code));
  return json(200, { courses, total: courses.length });
}

function racecardsByDate(scene: RunContext, query: Query): Reply {
  return racecards(scene, query, query.day("date", londonDay(scene.nowMs)), (card) => card);
}

function racecardsByName(scene: RunContext, query: Query): Reply {
  const name = query.text("day") ?? "today";
  if (name !== "today" && name !== "tomorrow") {
    query.complain("day", name, "literal_error", "Input should be 'today' or 'tomorrow'");
  }
  const day = londonDay(scene.nowMs) + (name === "tomorrow" ? 1 : 0);
  return racecards(scene, query, day, withoutHistory);
}

function racecards(
  { source }: RunContext,
  query: Query,
  day: number,
  shown: (card: Racecard) => unknown,
): Reply {
  const page = pageOf(query, { limit: 500, most: 500, mostSkipped: 500 });
  if (query.complaints.length > 0) return refusal(422, query.complaints);
  const isWanted = placeFilter(query.list("course_ids"), query.list("region_codes"));
  const all = source.racecardsOn(dateOf(day)).filter(isWanted);
  return json(200, {
    racecards: all.slice(page.skip, page.skip + page.limit).map(shown),
    total: all.length,
    ...page,
    query: query.pairs(),
  });
}

function withoutHistory(card: Racecard): unknown {
  const runners = card.runners.map((runner) => {
    const odds = runner.odds as readonly Record<string, unknown>[];
    return { ...runner, odds: odds.map(({ history: _, ...offer }) => offer) };
  });
  return { ...card, runners };
}

function listResults({ source, nowMs }: RunContext, query: Query): Reply {
  const page = pageOf(query, { limit: 50, most: 100, mostSkipped: 20_000 });
  const { from, to } = dayRange(query, londonDay(nowMs));
  const isWanted = resultFilter(query);
  if (query.complaints.length > 0) return refusal(422, query.complaints);
  const results: Result[] = [];
  let total = 0;
  for (let day = to; day >= from; day--) { // at most 366 days
    const date = dateOf(day);
    const heads = source.resultHeadsOn(date).filter(isWanted);
    const first = Math.max(0, page.skip - total);
    const wanted = heads.slice(first, first + page.limit - results.length);
    total += heads.length;
    if (wanted.length > 0) results.push(...source.resultsOn(date, idsOf(wanted)));
  }
  return json(200, { results, total, ...page, query: query.pairs() });
}

function idsOf(heads: readonly ResultHead[]): ReadonlySet<string> {
  return new Set(heads.map((head) => head.race_id));
}

function pageOf(
  query: Query,
  { limit, most, mostSkipped }: { limit: number; most: number; mostSkipped: number },
): { readonly limit: number; readonly skip: number } {
  return {
    limit: query.integer("limit", { absent: limit, least: 1, most }),
    skip: query.integer("skip", { absent: 0, least: 0, most: mostSkipped }),
  };
}
