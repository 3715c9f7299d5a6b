// Reads from the target's ledger how many records and rows each day of each stream had. A window's records
// are spread evenly over its minutes; where windows overlap, the one that was fetched last counts. It
// reads only, and never decides what is done.
import { MINUTES_PER_DAY, parseCivil } from "../../plan/time/civil.ts";
import { isMissingTable } from "../../upsert/history.ts";
import { LEDGER_TABLE } from "../../upsert/sql/log_tables.ts";
import type { Target } from "../../upsert/write/target.ts";

/** Records and rows by day. */
export interface DayRecords {
  /** Days since 1970-01-01 of the first element. */
  readonly firstDay: number;
  /** Records of each day. */
  readonly records: Float64Array;
  /** Rows of each day. */
  readonly rows: Float64Array;
}

/** The numbers by stream and scope, under {@linkcode daysKey}. */
export type LedgerDays = ReadonlyMap<string, DayRecords>;

/** One row for each track: a row for each window would take ten times as long, and so would sorting here. */
const SQL = `SELECT stream, scope, string_agg(
  concat_ws(' ', "from", "to", records, rows, extract(epoch FROM fetched_at)::bigint), ' ')
FROM ${LEDGER_TABLE} WHERE job = $1 AND "from" <> '' GROUP BY stream, scope, each`;

/** A window of a track: its dates in civil minutes, its records and rows, when it was fetched. */
type Entry = readonly [from: number, to: number, records: number, rows: number, at: number];

/** The key of a stream with its parameters. */
export function daysKey(stream: string, scope: string): string {
  return JSON.stringify([stream, scope]);
}

/** Reads the ledger of a job; empty if no run has created it yet. */
export async function readLedgerDays(
  target: Pick<Target, "query">,
  job: string,
): Promise<LedgerDays> {
  let rows: unknown[][];
  try {
    ({ rows } = await target.query(SQL, { parameters: [job], readOnly: true }));
  } catch (error) {
    if (!isMissingTable(error)) throw error;
    return new Map();
  }
  const minuteOf = dateReader();
  const tracks = (rows as [string, string, string][]).map(([stream, scope, text]) =>
    [daysKey(stream, scope), entriesOf(text, minuteOf)] as const
  );
  const streams = Map.groupBy(tracks, ([key]) => key);
  return new Map([...streams].map(([key, own]) => [key, spread(own.map(([, track]) => track))]));
}

/** The windows of a track, the one that was fetched last first. */
function entriesOf(text: string, minuteOf: (date: string) => number): Entry[] {
  const words = text.split(" ");
  const entries: Entry[] = [];
  for (let at = 0; at < words.length; at += 5) {
    const [records, rows, fetchedAt] = words.slice(at + 2, at + 5).map(Number);
    const [from, to] = [minuteOf(words[at]!), minuteOf(words[at + 1]!)];
    entries.push([from, to, records!, rows!, fetchedAt!]);
  }
  return entries.sort((a, b) => b[4] - a[4]);
}

/** A function that parses dates, each of them once: streams share their days. */
function dateReader(): (date: string) => number {
  const known = new Map<string, number>();
  return (date) => {
    const minute = known.get(date) ?? parseCivil(date) ?? 0;
    known.set(date, minute);
    return minute;
  };
}

/** Spreads the windows of tracks over their days. */
function spread(tracks: readonly (readonly Entry[])[]): DayRecords {
  let [first, last] = [Infinity, -Infinity];
  for (const [from, to] of tracks.flat()) {
    first = Math.min(first, Math.floor(from / MINUTES_PER_DAY));
    last = Math.max(last, Math.ceil(to / MINUTES_PER_DAY));
  }
  const records = new Float64Array(last - first);
  const rows = new Float64Array(last - first);
  for (const track of tracks) {
    const taken = new Uint16Array(last - first);
    for (const [from, to, recordCount, rowCount] of track) {
      for (let at = from; at < to;) {
        const day = Math.floor(at / MINUTES_PER_DAY);
        const next = Math.min(to, (day + 1) * MINUTES_PER_DAY);
        const part = Math.min(next - at, MINUTES_PER_DAY - taken[day - first]!);
        taken[day - first]! += part;
        records[day - first]! += recordCount * part / (to - from);
        rows[day - first]! += rowCount * part / (to - from);
        at = next;
      }
    }
  }
  return { firstDay: first, records, rows };
}
