/**
 * Serves recordings: a folder of JSON files, each with the `request` that was sent and the `body` that was received.
 * Bodies are excerpts, so their totals are ignored; endpoints count the records that exist.
 *
 * @module
 */

import { Failure } from "../failure.ts";
import type { Racecard } from "./world/racecard.ts";
import type { Result } from "./world/result.ts";
import type { CourseEntry, RegionEntry, Source } from "./source.ts";

/** One recorded exchange. */
export interface Recording {
  /** The request. */
  readonly request: { readonly path: string; readonly query: Readonly<Record<string, unknown>> };
  /** The response. */
  readonly body: unknown;
}

const mostFiles = 10_000;

/**
 * Reads every `.json` file of a folder, in the order of their names.
 *
 * @throws {Failure} If the folder or a file cannot be read, or a file is not a recording.
 */
export async function readRecordings(folder: string): Promise<Recording[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && entry.name.endsWith(".json")) names.push(entry.name);
    }
  } catch (cause) {
    throw unreadable(folder, cause);
  }
  if (names.length === 0) throw unreadable(folder, new Error("it contains no .json file"));
  return await Promise.all(
    names.sort().slice(0, mostFiles).map((name) => readRecording(`${folder}/${name}`)),
  );
}

/** A source of the recorded data only. */
export function recordedSource(recordings: readonly Recording[]): Source {
  const cards = cardsByDate(recordings);
  const results = listsOf<Result>(recordings, "/v1/results", "results")
    .sort((a, b) => Date.parse(b.off_dt) - Date.parse(a.off_dt));
  return {
    courses: unique(listsOf<CourseEntry>(recordings, "/v1/courses", "courses")),
    regions: recordings.filter(({ request }) => request.path === "/v1/courses/regions")
      .flatMap(({ body }) => Array.isArray(body) ? body as RegionEntry[] : []),
    racecardsOn: (date) => cards.get(date) ?? [],
    resultHeadsOn: (date) => results.filter((result) => result.date === date),
    resultsOn: (date, raceIds) =>
      results.filter((result) => result.date === date && raceIds.has(result.race_id)),
    result: (raceId) => results.find((result) => result.race_id === raceId),
    horse: () => undefined,
  };
}

function cardsByDate(recordings: readonly Recording[]): Map<string, Racecard[]> {
  return Map.groupBy(
    listsOf<Racecard>(recordings, "/v1/racecards/pro", "racecards"),
    (card) => card.date,
  );
}

function listsOf<T>(recordings: readonly Recording[], path: string, field: string): T[] {
  return recordings.filter(({ request }) => request.path === path)
    .flatMap(({ body }) => (body as Record<string, T[] | undefined>)[field] ?? []);
}

function unique(courses: readonly CourseEntry[]): CourseEntry[] {
  return [...new Map(courses.map((course) => [course.id, course])).values()];
}

async function readRecording(path: string): Promise<Recording> {
  try {
    const read = JSON.parse(await Deno.readTextFile(path)) as Partial<Recording> | null;
    if (typeof read?.request?.path !== "string" || read.body === undefined) {
      throw new Error("it has no request.path or no body");
    }
    return read as Recording;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): Failure {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Failure("configuration", `Cannot read recordings "${path}": ${why}`, {
    hint: "Use a folder of recorded responses that this process may read",
    cause,
  });
}
