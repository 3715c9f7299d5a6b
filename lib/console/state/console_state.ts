// Reads everything that the console shows, from the checkpoint and the target. It reads only and requests
// nothing from the API. Invariant: a state is plain data, so the page, the events and the metrics agree.
import { type FeedView, viewFeeds, withFeeds } from "../../checkpoint/feed_view.ts";
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import { type StreamView, viewStreams } from "../../checkpoint/snapshot.ts";
import { type Survey, surveyOf, surveyStreams } from "../../checkpoint/survey.ts";
import type { VerificationRecord } from "../../checkpoint/verification.ts";
import type { Job } from "../../config/schema/job.ts";
import type { StatusView } from "../../cron/status_view.ts";
import { intersect } from "../../plan/coverage.ts";
import { startedPart } from "../../plan/needed.ts";
import { civilAt } from "../../plan/time/civil.ts";
import type { Window } from "../../plan/time/window.ts";
import { type ArchiveHoldings, archiveHoldings } from "../../upsert/archive_index.ts";
import { withoutMapped } from "../../probe/unmapped_field.ts";
import { type ChangedField, changedFields } from "../../upsert/field_table.ts";
import { isMissingTable } from "../../upsert/history.ts";
import { readWorkers, type WorkerView } from "../../upsert/worker_view.ts";
import { countValues, type ValueCounts } from "../../verify/unfetched.ts";
import { type ConsoleStores, openReading, type Reading } from "./reading.ts";
import { isOpen, selectionOf } from "./run_selection.ts";
import { type DayRecords, daysKey, type LedgerDays, readLedgerDays } from "./ledger_days.ts";
import { type LimitUse, limitUses, readStoredUse, type StoredUse, useOfRun } from "./limit_use.ts";
import type { LiveRun } from "./live_run.ts";
import { Part } from "./read_part.ts";
import type { RatePoint, RunProgress } from "./run_progress.ts";
import { WatchedRate } from "./watched_rate.ts";
import { type Holder, readHolder, readRates, watchedProgress } from "./watched_run.ts";

/** Where the state is read from. */
export interface StateSource {
  /** The job. */
  readonly job: Job;
  /** Performs an action with open stores. */
  readonly withStores: <R>(action: (stores: ConsoleStores) => Promise<R>) => Promise<R>;
  /** The run of this process. */
  readonly live: LiveRun;
  /** The daily update of this process; undefined where there is none. */
  readonly update?: (() => Promise<UpdateState>) | undefined;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
}

/** The state of the daily update. */
export type UpdateState = Pick<StatusView, "schedule" | "running" | "more" | "last">;

/** One stream. */
export interface StreamState extends StreamView<Window>, ValueCounts {
  /** Name of the stream. */
  readonly name: string;
  /** Whether it has windows, and so days. */
  readonly isDated: boolean;
  /** The positions of its feeds; empty unless it has `since`. */
  readonly feeds: readonly FeedView[];
  /** Records and rows by day; undefined before the first window. */
  readonly days: DayRecords | undefined;
  /** Its windows that failed or have rejected rows, with its present parameters. */
  readonly entries: readonly RetryEntry[];
  /** Other parameters that it was fetched with. */
  readonly otherScopes: readonly string[];
}

/** Everything that the console shows. */
export interface ConsoleState {
  /** Name of the job. */
  readonly job: string;
  /** The database, without its password. */
  readonly target: string;
  /** When it was read, epoch milliseconds. */
  readonly atMs: number;
  /** Time zone of the job's dates. */
  readonly timeZone: string;
  /** The streams that the last backfill ran, in the order of the job. */
  readonly streams: readonly StreamState[];
  /** Rows by table. */
  readonly tables: Readonly<Record<string, number>>;
  /** All windows that failed or have rejected rows. */
  readonly entries: readonly RetryEntry[];
  /** The last runs, newest first. */
  readonly runs: readonly RunRecord[];
  /** The run in progress, or the last one of this process; undefined without any. */
  readonly run: RunProgress | undefined;
  /** What is done and left of the last backfill's range; undefined before the first. */
  readonly survey: Survey | undefined;
  /** The use of limits. */
  readonly limits: readonly LimitUse[];
  /** The last verification. */
  readonly verified: VerificationRecord | undefined;
  /** The processes that work on the run, as they last reported. */
  readonly workers: readonly WorkerView[];
  /** The fields of responses that changed. */
  readonly drift: readonly ChangedField[];
  /** What the archive holds; undefined where nothing is archived. */
  readonly archive: ArchiveHoldings | undefined;
  /** The daily update; undefined where this process performs none. */
  readonly update: UpdateState | undefined;
}

/** Counts of a stream that was not selected when values were counted last. */
const NO_VALUES: ValueCounts = { values: 0, missing_values: 0 };

/** Runs that are listed. */
const RUNS_SHOWN = 12;

/** A part that is read from an open reading. */
type ReadPart<T> = Part<T, Reading>;

/** Reads the state of one job, each part no more often than it must. */
export class StateReader {
  readonly #source: StateSource;
  readonly #days: ReadPart<LedgerDays>;
  readonly #tables: ReadPart<Record<string, number>>;
  readonly #limits: ReadPart<StoredUse[]>;
  readonly #watchedRate = new WatchedRate();
  readonly #rates: ReadPart<RatePoint[]>;
  readonly #survey: ReadPart<Survey | undefined>;
  readonly #workers: ReadPart<WorkerView[]>;
  readonly #values: ReadPart<ReadonlyMap<string, ValueCounts>>;
  readonly #drift: ReadPart<ChangedField[]>;
  readonly #archive: ReadPart<ArchiveHoldings | undefined>;
  readonly #state: Part<ConsoleState>;

  /** Reads nothing yet. */
  constructor(source: StateSource) {
    const { job, wallNow } = source;
    const part = <T>(minAgeMs: number, read: (reading: Reading) => Promise<T>) =>
      new Part(minAgeMs, wallNow, read);
    this.#source = source;
    this.#days = part(2_000, ({ target }) => readLedgerDays(target, job.job));
    this.#tables = part(15_000, ({ target }) => target.countRows(Object.keys(job.tables)));
    this.#limits = part(2_000, ({ target }) => readStoredUse(target));
    this.#rates = part(5_000, ({ target }) => readRates(target, job.job, wallNow()));
    this.#survey = part(5_000, (reading) => this.#readSurvey(reading));
    this.#workers = part(900, ({ target }) => readWorkers(target, job.job));
    this.#values = part(5_000, (reading) => countAllValues(job, reading));
    this.#drift = part(15_000, async ({ target }) => {
      return withoutMapped(job, await changedFields(target, job.job));
    });
    this.#archive = part(15_000, ({ target }) => archiveHoldings(target, job.job));
    this.#state = new Part(
      900,
      wallNow,
      () => source.withStores(async (stores) => this.#read(await openReading(job, stores))),
    );
  }

  /** The state: a run of this process as of now; stored state about a second old, or older if it is slow to read. */
  async state(): Promise<ConsoleState> {
    return this.#withLive(await this.#state.get());
  }

  /** The state as it is now. */
  async fresh(): Promise<ConsoleState> {
    return this.#withLive(await this.#state.fresh());
  }

  #withLive(state: ConsoleState): ConsoleState {
    const own = this.#source.live.progress(this.#source.wallNow());
    const isOwn = own !== undefined && (!own.ended || state.run === undefined);
    return isOwn ? { ...state, run: own } : state;
  }

  async #read(reading: Reading): Promise<ConsoleState> {
    const { job, wallNow } = this.#source;
    const { target, checkpoint, runs } = reading;
    const [tables, stored, survey, workers, drift, archive] = await Promise.all([
      this.#tables.get(reading),
      this.#limits.get(reading),
      this.#survey.get(reading),
      this.#workers.get(reading),
      this.#drift.get(reading),
      this.#archive.get(reading),
    ]);
    const [verified, update, entries] = await Promise.all([
      checkpoint.verifications.load(),
      this.#source.update?.(),
      checkpoint.retryEntries(),
    ]);
    const nowMs = wallNow();
    const streams = await this.#readStreams(reading, entries);
    const run = await this.#watch(reading, { survey, workers, entries, stored });
    const limits = limitUses(job, stored, runs);
    return {
      ...{ job: job.job, target: target.label, atMs: nowMs, timeZone: job.time_zone },
      ...{ streams, tables, entries, run, survey, limits, verified, update, drift, archive },
      workers: workers.filter(({ ended_at }) => ended_at === null),
      runs: runs.slice(0, RUNS_SHOWN),
    };
  }

  async #readStreams(reading: Reading, entries: readonly RetryEntry[]): Promise<StreamState[]> {
    const { job, wallNow } = this.#source;
    const { target, checkpoint, scopes, selection: { streams, params, range } } = reading;
    const [days, views, values, feedsOf] = await Promise.all([
      this.#days.get(reading),
      viewStreams(job, checkpoint, streams, params, range),
      this.#values.get(reading),
      viewFeeds(job, target),
    ]);
    const now = civilAt(wallNow(), job.time_zone);
    return streams.map((name) => {
      const view = views[name]!;
      const stream = job.streams[name]!;
      const started = range && startedPart(stream, range, now);
      const gaps = stream.window === undefined
        ? []
        : started === undefined
        ? view.gaps
        : view.gaps.flatMap((gap) => intersect(gap, started) ?? []);
      return {
        ...withFeeds(name, view, feedsOf),
        ...{ name, gaps, isDated: stream.window !== undefined, ...values.get(name) ?? NO_VALUES },
        days: days.get(daysKey(name, view.scope)),
        entries: entries.filter((one) => one.stream === name && one.scope === view.scope),
        otherScopes: scopes.get(name)!.filter((scope) => scope !== view.scope),
      };
    });
  }

  /** The run of another process, if there is one. */
  async #watch(
    reading: Reading,
    { survey, workers, entries, stored }: Pick<ConsoleState, "survey" | "workers" | "entries"> & {
      readonly stored: readonly StoredUse[];
    },
  ): Promise<RunProgress | undefined> {
    const { job, wallNow } = this.#source;
    const { target, runs: [record] } = reading;
    if (record === undefined || !isOpen(record) || survey === undefined) return undefined;
    const holder: Holder | undefined = await readHolder(target, job.job);
    if (holder === undefined) return undefined;
    const rates = await this.#rates.get(reading);
    const perSecond = this.#watchedRate.note(record.run, workers);
    const useAt = (atMs: number) => useOfRun(job, stored, record, atMs);
    const parts = { record, holder, survey, entries, rates, workers, perSecond, useAt };
    return watchedProgress(job, parts, wallNow());
  }

  /** The survey of the run that has not ended, or of everything ever requested. */
  async #readSurvey(reading: Reading): Promise<Survey | undefined> {
    const { job, wallNow } = this.#source;
    const { target, checkpoint, runs: [last], selection } = reading;
    const { streams, params, range } = last !== undefined && isOpen(last)
      ? selectionOf(job, last)
      : selection;
    if (range === undefined) return undefined;
    const source = { job, params, range, resume: true, checkpoint, target, wallNow };
    const stored = await this.#limits.get(reading);
    const use = last === undefined ? undefined : useOfRun(job, stored, last, wallNow());
    try {
      return surveyOf(job, await surveyStreams(source, streams), use);
    } catch (error) {
      if (!isMissingTable(error)) throw error;
      return undefined;
    }
  }
}

/** The values of the streams of all backfills. */
async function countAllValues(
  job: Job,
  { target, checkpoint, selection: { streams, params } }: Reading,
): Promise<ReadonlyMap<string, ValueCounts>> {
  const counts = streams.map(async (name) =>
    [name, await countValues(job, name, { checkpoint, params, target })] as const
  );
  return new Map(await Promise.all(counts));
}
