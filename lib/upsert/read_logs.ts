// Reads the logs of a job in a target: finished windows, failures and runs, either all or those committed
// since a mark. It decides nothing and changes nothing.
import type { Measured } from "../plan/forecast.ts";
import type { Track } from "../plan/scope.ts";
import { type CivilMinute, parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import { codeOf, type RecordedRun, recordedRun } from "./history.ts";
import {
  ENTRY_SEPARATOR,
  FLAGS,
  hasTransactions,
  LOG_COLUMNS_SQL,
  type LogColumns,
  readLogsSql,
} from "./sql/log_sql.ts";
import { quoteLiteral } from "./sql/identifier.ts";
import type { StatementRows, Target } from "./write/target.ts";

/** A finished window, or a part of one, in the ledger. */
export interface LoggedWindow {
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** Whether the API had no record for it. */
  readonly empty: boolean;
  /** Whether it is final. */
  readonly settled: boolean;
  /** Its transaction; later ones are greater. 0 for an entry of an earlier version. */
  readonly xid: number;
  /** Rows that are not in the database. */
  readonly rejected: number;
  /** When it was requested, in epoch milliseconds; 0 if it has windows and no rejected rows. */
  readonly fetchedAt: number;
}

/** The windows of one track. */
export interface LoggedTrack extends Track {
  /** In the order of their transactions. */
  readonly windows: readonly LoggedWindow[];
  /** What they measured. */
  readonly sums: Measured;
}

/** A window that failed. */
export interface LoggedFailure extends Track {
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** What happened; null where the user has deleted it from the list. */
  readonly reason: string | null;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Its transaction. */
  readonly xid: number;
}

/** What the logs hold. */
export interface Logs {
  /** What to pass to the next reading; undefined where an earlier version wrote the logs. */
  readonly mark: string | undefined;
  /** Whether this is the whole log, not only what was committed since a mark. */
  readonly isWhole: boolean;
  /** Finished windows by track. */
  readonly tracks: readonly LoggedTrack[];
  /** Failures in the order of their transactions. */
  readonly failures: readonly LoggedFailure[];
  /** Runs, oldest first. */
  readonly runs: readonly RecordedRun[];
}

/** SQLSTATE of a table or a column that does not exist. */
const MISSING = new Set(["42P01", "42703"]);

/**
 * Reads the logs of a job, in one statement; nothing from a database without them.
 *
 * @throws {Failure} of kind `target` if they cannot be read.
 */
export async function readLogs(
  target: Pick<Target, "query">,
  job: string,
  since: string | undefined,
): Promise<Logs> {
  try {
    return await read(target, job, since);
  } catch (error) {
    if (!MISSING.has(String(codeOf(error)))) throw error;
    const columns = await readColumns(target);
    return await read(target, job, undefined, columns);
  }
}

async function readColumns(target: Pick<Target, "query">): Promise<LogColumns> {
  const columns = new Map<string, Set<string>>();
  const { rows } = await target.query(LOG_COLUMNS_SQL, { readOnly: true });
  for (const [table, column] of rows) {
    const known = columns.get(String(table)) ?? new Set();
    columns.set(String(table), known.add(String(column)));
  }
  return columns;
}

async function read(
  target: Pick<Target, "query">,
  job: string,
  since: string | undefined,
  columns?: LogColumns,
): Promise<Logs> {
  const parameters = since === undefined ? [job] : [job, since];
  const sql = readLogsSql(since !== undefined, columns);
  const { rows } = await target.query(sql, {
    parameters: withJob(sql, parameters),
    readOnly: true,
  });
  const logs = logsOf(rows, since);
  return columns === undefined || hasTransactions(columns) ? logs : { ...logs, mark: undefined };
}

/** The statement that reads the logs of a job since a mark, for a transaction on prepared tables. */
export function logsStatement(job: string, since: string | undefined): string {
  const literals = [job, since ?? ""].map(quoteLiteral);
  return readLogsSql(since !== undefined).replaceAll(/\$([12])/g, (_, at) => literals[at - 1]!);
}

/** The logs of the rows that the statement returned. */
export function logsOf(
  rows: StatementRows | readonly (readonly unknown[])[],
  since: string | undefined,
): Logs {
  const of = (kind: string) =>
    rows.filter((row) => row[0] === kind).map((row) => row.slice(1).map(String));
  return {
    mark: of("mark")[0]?.[0],
    isWhole: since === undefined,
    tracks: of("windows").map(trackOf),
    failures: of("failure").map(([text]) => failureOf(JSON.parse(text!))),
    runs: of("run").map(([text]) => recordedRun(JSON.parse(text!))),
  };
}

/** PostgreSQL refuses parameters that a statement does not use. */
function withJob(sql: string, parameters: readonly string[]): readonly string[] {
  return sql.includes("$1") ? parameters : [];
}

function trackOf([stream, scope, each, entries, sums]: string[]): LoggedTrack {
  const windows: LoggedWindow[] = [];
  let [minutes, isSorted] = [0, true];
  for (const entry of entries!.split(ENTRY_SEPARATOR)) {
    const logged = windowOf(entry);
    if (logged === undefined) continue;
    const { window } = logged;
    if (window !== null && logged.isMeasured) minutes += window.to - window.from;
    windows.push(logged);
    isSorted &&= windows.length < 2 || inOrder(windows.at(-2)!, windows.at(-1)!) <= 0;
  }
  if (!isSorted) windows.sort(inOrder);
  const [count, pages, records, rows, answerMs] = sums!.split(",").map(Number);
  return {
    ...{ stream: stream!, scope: scope!, each: each!, windows },
    sums: {
      ...{ windows: count!, pages: pages!, records: records!, rows: rows! },
      ...{ minutes, answerMs: answerMs! },
    },
  };
}

/** By transaction; entries of an earlier version by the time of their request. */
function inOrder(a: LoggedWindow, b: LoggedWindow): number {
  return a.xid - b.xid || (a.xid === 0 ? a.fetchedAt - b.fetchedAt : 0);
}

/** A window of its entry, without splitting it: a history may have hundreds of thousands; undefined without dates. */
function windowOf(entry: string): (LoggedWindow & { isMeasured: boolean }) | undefined {
  const afterFrom = entry.indexOf(",");
  const afterTo = entry.indexOf(",", afterFrom + 1);
  const afterFlags = entry.indexOf(",", afterTo + 1);
  const flags = Number(entry.slice(afterTo + 1, afterFlags));
  const isDetailed = (flags & FLAGS.detailed) !== 0;
  const details = isDetailed ? entry.slice(afterFlags + 1).split(",").map(Number) : undefined;
  const from = afterFrom === 0 ? 0 : civil(entry.slice(0, afterFrom));
  const to = afterFrom === 0 ? 1 : civil(entry.slice(afterFrom + 1, afterTo));
  if (!(from < to)) return undefined;
  return {
    window: afterFrom === 0 ? null : { from, to },
    empty: (flags & FLAGS.empty) !== 0,
    settled: (flags & FLAGS.settled) !== 0,
    isMeasured: (flags & FLAGS.measured) !== 0,
    xid: details?.[0] ?? Number(entry.slice(afterFlags + 1)),
    rejected: details?.[1] ?? 0,
    fetchedAt: details?.[2] ?? 0,
  };
}

let lastText = "";
let lastMinute: CivilMinute = 0;
const MS_PER_MINUTE = 60_000;

/** Windows follow each other: the end of one is the start of the next. */
function civil(text: string): CivilMinute {
  if (text === lastText) return lastMinute;
  lastText = text;
  const year = Number(text.slice(0, 4));
  // Four times as fast as parsing, for dates that formatCivil wrote; Date.UTC takes small years for others.
  if (!(year >= 100)) return lastMinute = parseCivil(text) ?? NaN;
  const at = Date.UTC(year, Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10))) /
    MS_PER_MINUTE;
  if (text.length === 10) return lastMinute = at;
  return lastMinute = at + 60 * Number(text.slice(11, 13)) + Number(text.slice(14, 16));
}

function failureOf(record: Record<string, unknown>): LoggedFailure {
  const [from, to] = [parseCivil(String(record.from)), parseCivil(String(record.to))];
  return {
    stream: String(record.stream),
    scope: String(record.scope),
    each: String(record.each),
    window: from === undefined || to === undefined ? null : { from, to },
    reason: record.reason === null ? null : String(record.reason),
    hint: record.hint === null ? undefined : String(record.hint),
    at: Date.parse(String(record.failed_at)),
    xid: Number(record.xid ?? 0),
  };
}
