// The sandbox's races and runners, and how many rows of a database differ from them.
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../../lib/plan/time/civil.ts";
import { racesOn } from "../../../lib/sandbox/world/race.ts";
import { resultOf } from "../../../lib/sandbox/world/result.ts";
import { openTarget } from "../../../lib/upsert/open_target.ts";
import { type Peer, RACES, RUNNERS } from "./peer.ts";

/** Rows as JSON texts of their columns. */
export interface Expected {
  readonly races: ReadonlySet<string>;
  readonly runners: ReadonlySet<string>;
}

/** All rows of a range of days. */
export function expectedRows(first: string, last: string): Expected {
  const races = new Set<string>();
  const runners = new Set<string>();
  for (let day = parseCivil(first)!; day <= parseCivil(last)!; day += MINUTES_PER_DAY) {
    for (const race of racesOn(formatDay(day))) {
      if (race.abandoned) continue;
      const result = resultOf(race);
      races.add(textOf(RACES, { ...result }));
      for (const runner of result.runners) {
        runners.add(textOf(RUNNERS, { ...runner, race_id: result.race_id }));
      }
    }
  }
  return { races, runners };
}

/** Rows that differ, are missing, or are too many. */
export async function countWrong(
  peer: Peer,
  databaseUrl: string,
  expected: Expected,
): Promise<number> {
  await using target = await openTarget(databaseUrl);
  let wrong = 0;
  for (const table of ["races", "runners"] as const) {
    const left = new Set(expected[table]);
    const { rows } = await target.query(peer[table]).catch(() => ({ rows: [] }));
    for (const row of rows) {
      if (!left.delete(JSON.stringify(row.map(blank)))) wrong++;
    }
    wrong += left.size;
  }
  return wrong;
}

function textOf(columns: string, record: Record<string, unknown>): string {
  return JSON.stringify(columns.split(", ").map((column) => blank(record[column])));
}

/** Peers store a missing value differently: null, an empty string, the API's dash. */
function blank(value: unknown): string {
  const text = String(value ?? "");
  return text === "-" || text === "–" ? "" : text;
}
