// Reads from the records of runs what they were to fetch. It changes nothing.
import type { RunRecord } from "../../checkpoint/run_log.ts";
import { defaultParams } from "../../config/schema/params.ts";
import type { Job } from "../../config/schema/job.ts";
import { selectStreams } from "../../plan/stage.ts";
import { MINUTES_PER_DAY, parseCivil, startOfDay } from "../../plan/time/civil.ts";
import type { Window } from "../../plan/time/window.ts";

/** The options of runs that are shown. */
export interface RunSelection {
  /** Names of streams. */
  readonly streams: readonly string[];
  /** Values of the parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Dates, half-open; undefined where no run has any. */
  readonly range: Window | undefined;
}

/** The selection of a run without options. */
const EVERYTHING: Parameters<typeof selectStreams>[1] = {
  groups: [],
  only: [],
  with: [],
  without: [],
};

/** Whether a run has not ended, as far as is known. */
export function isOpen({ endedAt }: RunRecord): boolean {
  return endedAt === undefined;
}

/** The names of the accounts that runs used; those of earlier versions recorded none. */
export function accountsOf(runs: readonly RunRecord[]): ReadonlySet<string> {
  return new Set(
    runs.flatMap(({ options: { account } }) => typeof account === "string" ? account : []),
  );
}

/** The streams and dates of a run; other versions may have recorded other options. */
export function selectionOf(job: Job, { options }: RunRecord): RunSelection {
  const names = (key: string) => {
    const value = options[key];
    return Array.isArray(value) ? value.map(String) : [];
  };
  const selection = {
    groups: names("groups"),
    only: names("only"),
    with: names("with"),
    without: names("without"),
  };
  const [from, to] = [parseCivil(String(options.start)), parseCivil(String(options.end))];
  return {
    streams: known(job, selection),
    params: { ...defaultParams(job.params), ...options.params as Record<string, unknown> },
    range: from === undefined || to === undefined
      ? undefined
      : { from, to: startOfDay(to) + MINUTES_PER_DAY },
  };
}

/** The streams of a selection; all of them where the job no longer has what it names. */
function known(job: Job, selection: Parameters<typeof selectStreams>[1]): string[] {
  try {
    return selectStreams(job, selection);
  } catch {
    return Object.keys(job.streams);
  }
}

/**
 * The streams and dates of all backfills: the streams with data and those that are not optional, all dates.
 * `scopes` are the parameters that each stream was fetched with.
 */
export function selectionOfAll(
  job: Job,
  scopes: ReadonlyMap<string, readonly string[]>,
  runs: readonly RunRecord[],
): RunSelection {
  const [last, ...earlier] = runs.filter(({ kind }) => kind !== "cron").map((run) =>
    selectionOf(job, run)
  );
  const names = Object.keys(job.streams);
  const usual = new Set([...selectStreams(job, EVERYTHING), ...last?.streams ?? []]);
  let range = last?.range;
  for (const { range: other } of earlier) {
    if (range === undefined || other === undefined) continue;
    range = { from: Math.min(range.from, other.from), to: Math.max(range.to, other.to) };
  }
  return {
    streams: names.filter((name) => usual.has(name) || scopes.get(name)!.length > 0),
    params: last?.params ?? defaultParams(job.params),
    range,
  };
}
