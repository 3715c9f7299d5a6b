// Reads from the target's ledger which windows were fetched since an instant, so that the next slice of
// an update does not fetch again what an earlier slice did, though it may still change. It writes nothing.
import { union } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import { parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import { isMissingTable } from "../upsert/history.ts";
import { LEDGER_TABLE } from "../upsert/sql/log_tables.ts";
import type { Target } from "../upsert/write/target.ts";

/** What was fetched since an instant. */
export interface FetchedSince {
  /** The instant, epoch milliseconds. */
  readonly sinceMs: number;
  /** The windows of a track that were fetched since, sorted and disjoint. */
  readonly windows: (track: Track) => readonly Window[];
}

/**
 * Reads what a job has fetched since `sinceMs`.
 *
 * @throws {Failure} of kind `target` if the ledger cannot be read.
 */
export async function readFetchedSince(
  target: Pick<Target, "stream">,
  job: string,
  sinceMs: number,
): Promise<FetchedSince> {
  const fetched = new Map<string, Window[]>();
  const sql = `SELECT stream, scope, each, "from", "to" FROM ${LEDGER_TABLE} ` +
    `WHERE job = $1 AND fetched_at >= $2::timestamptz AND "from" <> ''`;
  const parameters = [job, new Date(sinceMs).toISOString()];
  try {
    for await (const record of target.stream(sql, { parameters })) {
      const [from, to] = [parseCivil(String(record.from)), parseCivil(String(record.to))];
      if (from === undefined || to === undefined) continue;
      const id = idOf(record);
      const windows = fetched.get(id);
      if (windows === undefined) fetched.set(id, [{ from, to }]);
      else windows.push({ from, to });
    }
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
  for (const [id, windows] of fetched) fetched.set(id, union(windows));
  return { sinceMs, windows: (track) => fetched.get(idOf({ ...track })) ?? [] };
}

function idOf({ stream, scope, each }: Record<string, unknown>): string {
  return JSON.stringify([stream, scope, each]);
}
