// Reads from the target's ledger when the dates that may still change were fetched last, and what they were
// then, for streams that are fetched again at given ages. The ledger is the only place where this is kept, so
// a rebuilt checkpoint knows it too. It writes nothing.
import type { Job } from "../config/schema/job.ts";
import type { Track } from "../plan/scope.ts";
import { agesOf, type NextVisit, nextVisit, restingDates, type Visit } from "../plan/settling.ts";
import { parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import { subtract, union } from "../plan/coverage.ts";
import { isMissingColumn, isMissingTable } from "../upsert/history.ts";
import { LEDGER_TABLE } from "../upsert/sql/log_tables.ts";

/** A database that may have a ledger. */
export interface LedgerSource {
  /** Runs a query and yields its rows. */
  stream(
    sql: string,
    options?: { parameters?: readonly unknown[] },
  ): AsyncIterable<Record<string, unknown>>;
}

/** What a run needs to know of earlier fetches of a stream. */
export class Visits {
  readonly #byTrack = new Map<string, Visit[]>();

  /** Adds a visit; visits come in the order of their fetches. */
  add(track: Track, visit: Visit): void {
    const id = idOf(track);
    const known = this.#byTrack.get(id);
    if (known === undefined) this.#byTrack.set(id, [visit]);
    else known.push(visit);
  }

  /** The last visit of exactly this window. */
  of(track: Track, { from, to }: Window): Visit | undefined {
    return this.#byTrack.get(idOf(track))?.findLast((visit) =>
      visit.from === from && visit.to === to
    );
  }

  /** The dates of a track that were fetched and are not due, sorted and disjoint. */
  resting(track: Track, ages: readonly number[], nowMs: number, timeZone: string): Window[] {
    let later: Window[] = [];
    const resting: Window[] = [];
    // For its dates, a later visit replaces any earlier one.
    for (const visit of (this.#byTrack.get(idOf(track)) ?? []).toReversed()) {
      const dates = restingDates(visit, ages, nowMs, timeZone);
      resting.push(...dates.flatMap((part) => subtract(part, later)));
      later = union([...later, visit]);
    }
    return union(resting);
  }

  /** When the first dates of a scope are due again; undefined if none are. */
  next(
    scope: string,
    ages: readonly number[],
    nowMs: number,
    timeZone: string,
  ): NextVisit | undefined {
    const all: NextVisit[] = [];
    for (const [id, visits] of this.#byTrack) {
      if (JSON.parse(id)[0] !== scope) continue;
      let later: Window[] = [];
      for (const visit of visits.toReversed()) {
        for (const part of subtract(visit, later)) {
          const next = nextVisit({ ...visit, ...part }, ages, nowMs, timeZone);
          if (next !== undefined) all.push(next);
        }
        later = union([...later, visit]);
      }
    }
    return all.toSorted((a, b) => a.atMs - b.atMs)[0];
  }
}

/**
 * The fetches of a stream's dates that may still change; none unless the stream has ages to be fetched at.
 *
 * @throws {Failure} of kind `target` if the ledger cannot be read.
 */
export async function readVisits(job: Job, stream: string, source: LedgerSource): Promise<Visits> {
  const visits = new Visits();
  if (agesOf(job.streams[stream]?.settle) === undefined) return visits;
  const sql =
    `SELECT scope, each, "from", "to", fetched_at, digest, unchanged FROM ${LEDGER_TABLE} ` +
    "WHERE job = $1 AND stream = $2 AND NOT settled ORDER BY fetched_at";
  try {
    for await (const record of source.stream(sql, { parameters: [job.job, stream] })) {
      const [from, to] = [parseCivil(String(record.from)), parseCivil(String(record.to))];
      if (from === undefined || to === undefined) continue;
      visits.add({ stream, scope: String(record.scope), each: String(record.each) }, {
        from,
        to,
        fetchedAtMs: Date.parse(String(record.fetched_at)),
        digest: record.digest === null ? null : String(record.digest),
        unchanged: Number(record.unchanged ?? 0),
      });
    }
  } catch (error) {
    if (!isMissingTable(error) && !isMissingColumn(error)) throw error;
  }
  return visits;
}

function idOf({ scope, each }: Track): string {
  return JSON.stringify([scope, each]);
}
