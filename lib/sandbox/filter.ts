/**
 * The filters of the endpoints: query parameters become predicates on races.
 *
 * @module
 */

import type { Query } from "./query.ts";
import type { ResultHead } from "./world/result_head.ts";

/** Whether a race passes. */
export type Filter<T> = (race: T) => boolean;

/** By courses if any are given, otherwise by regions; the API ignores regions when courses are given. */
export function placeFilter(
  courseIds: readonly string[],
  regionCodes: readonly string[],
): Filter<{ readonly course_id: string; readonly region: string }> {
  if (courseIds.length > 0) return (race) => courseIds.includes(race.course_id);
  if (regionCodes.length > 0) return (race) => regionCodes.includes(race.region.toLowerCase());
  return () => true;
}

/** All filters of `/v1/results`. */
export function resultFilter(query: Query): Filter<ResultHead> {
  const anywhere = { absent: NaN, least: -Infinity, most: Infinity };
  const least = query.integer("min_distance_y", anywhere);
  const most = query.integer("max_distance_y", anywhere);
  const filters: Filter<ResultHead>[] = [
    placeFilter(query.list("course"), query.list("region")),
    anyOf(query.list("type"), (race) => slug(race.type)),
    anyOf(query.list("going"), (race) => slug(race.going)),
    anyOf(query.list("race_class"), (race) => slug(race.class)),
    // an unescaped + arrives as a space
    anyOf(query.list("age_band").map((band) => band.replace(/ $/, "+")), (race) => race.age_band),
    anyOf(query.list("sex_restriction"), (race) => race.sex_rest.toLowerCase()),
    (race) => !(Number(race.dist_y) < least || Number(race.dist_y) > most),
  ];
  return (race) => filters.every((filter) => filter(race));
}

function anyOf(values: readonly string[], of: (race: ResultHead) => string): Filter<ResultHead> {
  return values.length === 0 ? () => true : (race) => values.includes(of(race));
}

/** `Good To Soft` is `good_to_soft` in a query. */
function slug(text: string): string {
  return text.toLowerCase().replaceAll(" ", "_");
}
