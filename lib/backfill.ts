// The stations of a record: windows, pages, records, rows, batches, upsert, checkpoint. Each station is a
// generator that pulls from the one before; this page names them in order and does nothing clever. A
// window is marked done only after the transaction with its last row has committed: a crash repeats work
// and never loses it, and the upsert makes the repetition invisible.
import { catchUp, WINDOWS_PER_MARK } from "./checkpoint/catch_up.ts";
import type { FetchedSince } from "./checkpoint/fetched_since.ts";
import { openPlan, type RetryScope } from "./checkpoint/open_plan.ts";
import { recordBatch } from "./checkpoint/record_batch.ts";
import type { Checkpoint } from "./checkpoint/checkpoint.ts";
import type { Job } from "./config/schema/job.ts";
import type { Crew } from "./coordinate/crew.ts";
import { compileExtractor, type Extractor } from "./extract/extractor.ts";
import { extractPages } from "./extract/extract_pages.ts";
import type { Page } from "./fetch/fetch_pages.ts";
import { Failure } from "./failure.ts";
import { fetchWindows } from "./fetch/fetch_windows.ts";
import { stagesOf } from "./plan/stage.ts";
import type { Unit, UnitSource } from "./plan/unit.ts";
import type { Window } from "./plan/time/window.ts";
import type { Listener } from "./report/event.ts";
import type { Mask } from "./report/text/mask.ts";
import { maskBatch } from "./report/mask_batch.ts";
import { reportBatch } from "./report/report_batch.ts";
import type { Replay } from "./archive/replay.ts";
import type { RunArchive } from "./archive/archive.ts";
import { archiveRows } from "./upsert/archive_index.ts";
import { type Batch, batchRows, type WrittenBatch } from "./upsert/batch.ts";
import { creditRows, rejectRows } from "./upsert/open_window.ts";
import { recordFailures } from "./upsert/history.ts";
import { ledgerOf } from "./upsert/ledger.ts";
import { noteStage, type StageNotes } from "./checkpoint/stage_notes.ts";
import type { Target, Written } from "./upsert/write/target.ts";
import { watchOf } from "./upsert/watch_batch.ts";
import { writeBatches } from "./upsert/write_batches.ts";

/** What a backfill needs; the caller opens and closes everything. */
export interface BackfillInput {
  /** What is fetched and where it goes. */
  readonly job: Job;
  /** Names of the streams to run. */
  readonly streams: readonly string[];
  /** Values of the job's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Dates to fetch, half-open. */
  readonly range: Window;
  /** Whether dates that are done and settled are skipped. */
  readonly resume: boolean;
  /** The database that rows are written to; the job's lock is held. */
  readonly target: Target;
  /** What was done before; what is done is recorded in it. */
  readonly checkpoint: Checkpoint;
  /** Reads the pages of one unit from the API, whose first request is sent no earlier than `requestedAt`. */
  readonly pages: (
    unit: Unit,
    signal: AbortSignal,
    requestedAt: number,
  ) => AsyncIterable<Page> | Iterable<Page>;
  /** Keeps every response before its rows are committed; undefined where nothing is archived. */
  readonly archive?: RunArchive | undefined;
  /** Hides the API's secrets in a string. */
  readonly mask: Mask;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Receives the events of the run. */
  readonly listen: Listener;
  /** Stops the run; windows that have been fetched completely are still written. */
  readonly signal: AbortSignal;
  /** The archive that is replayed instead of sending requests. Defaults to none. */
  readonly replay?: Replay | undefined;
  /** Starts no further window once it aborts; windows in flight are finished. Defaults to never. */
  readonly windDown?: AbortSignal | undefined;
  /** Called before each stage but the first, with its streams. */
  readonly onStage?: ((streams: readonly string[]) => Promise<void>) | undefined;
  /** Sees the records of each page. */
  readonly onPage?: ((unit: Unit, records: readonly unknown[]) => void) | undefined;
  /** Which windows outside the range are fetched again. Defaults to none. */
  readonly retry?: RetryScope | undefined;
  /** What earlier slices of the same update fetched, which is not fetched again. Defaults to nothing. */
  readonly fetched?: FetchedSince | undefined;
  /** The processes that share the run; undefined where it belongs to this one alone. */
  readonly crew?: Crew | undefined;
}

/**
 * Runs the streams of a job, stage by stage; their tables have been prepared.
 *
 * @throws {Failure} if the run cannot continue; failed windows are events, not errors.
 */
export async function backfill(input: BackfillInput): Promise<void> {
  for (const [at, stage] of stagesOf(input.job, input.streams).entries()) {
    if (input.signal.aborted || input.windDown?.aborted) return;
    if (at > 0) await input.onStage?.(stage);
    await runStage(input, stage);
  }
}

/** One stage: its streams run concurrently under the limits they share. */
async function runStage(input: BackfillInput, streams: readonly string[]): Promise<void> {
  const { crew } = input;
  const notes = await noteStage(input, streams);
  const opened = await Promise.all(
    streams.map((name) => openPlan(input, name, notes.visits.get(name), notes.feeds)),
  );
  const { concurrency } = input.job.source;
  const plans = crew === undefined ? opened : opened.map((plan) => crew.plan(plan, concurrency));
  try {
    do await runPipeline(input, plans, notes); while (await hasMore(input, streams));
  } finally {
    for (const plan of plans) {
      input.listen({ kind: "stream_finished", stream: plan.name, ...plan.counts });
    }
  }
}

/** Whether windows of a stage are left that another worker has given up. */
async function hasMore(
  { crew, signal, windDown }: BackfillInput,
  streams: readonly string[],
): Promise<boolean> {
  if (crew === undefined || signal.aborted || windDown?.aborted) return false;
  return await crew.hasMore(streams);
}

/** Fetches the windows of the plans and writes their rows. */
async function runPipeline(
  input: BackfillInput,
  plans: readonly UnitSource[],
  notes: StageNotes,
): Promise<void> {
  const { job, params } = input;
  const extractors = new Map<string, Extractor>();
  // Compiled with the first page, while later requests are in flight.
  const extractorOf = (stream: string) => {
    const extractor = extractors.get(stream) ??
      compileExtractor(job, stream, notes.watchedBy(stream));
    extractors.set(stream, extractor);
    return extractor;
  };
  const left = new AbortController();
  const unavailable: Failure[] = [];
  const pages = fetchWindows(plans, {
    pages: (unit, signal, requestedAt) =>
      unit.refusal === undefined ? input.pages(unit, signal, requestedAt) : refuse(unit),
    windowsInFlight: job.source.concurrency,
    stopAfter: job.source.max_consecutive_failures,
    isResumed: input.resume,
    // The archive holds whole windows.
    halves: input.replay === undefined,
    now: input.now,
    wallNow: input.wallNow,
    signal: AbortSignal.any([input.signal, left.signal]),
    windDown: input.windDown,
    onUnavailable: (failure) => unavailable.push(failure),
  });
  const rows = extractPages(pages, extractorOf, params, input.onPage);
  const leave = () => left.abort();
  await writeBatches(batchRows(rows, leave, notes), {
    write: (batch) => writeBatch(input, batch, notes),
    finish: (batch, writing) => finishBatch(input, batch, writing, notes),
    onFailure: leave,
  });
  if (unavailable[0] !== undefined) throw unavailable[0];
}

function unitsOf(ended: readonly { readonly unit: Unit }[]): Unit[] {
  return ended.map(({ unit }) => unit);
}

/** Writes a batch and ends its claims; what its rows come from is durable in the archive before. */
async function writeBatch(
  { job, target, archive, crew, wallNow }: BackfillInput,
  { sets, kept, stated, finished, parts }: Batch,
  { visitOf, watchedBy, feeds }: StageNotes,
): Promise<Written> {
  const pages = feeds?.rows(finished, parts) ?? [];
  const ledger = ledgerOf(job, finished, visitOf);
  const watch = watchOf(job, stated, finished, watchedBy);
  const checks = crew?.checks(unitsOf(finished));
  const rows = [...sets, ...pages];
  if (archive === undefined) return await target.write(rows, ledger, watch, checks);
  const responses = await archive.settle(kept, finished);
  const archived = archiveRows(job.job, responses, wallNow());
  return await target.write([...rows, ...archived], ledger, watch, checks);
}

/** A unit that cannot be requested fails like a window, so that it is listed and the others continue. */
function refuse({ stream, refusal }: Unit): never {
  throw new Failure("window", `Cannot fetch "${stream}": ${refusal}`, {
    hint: "Add a condition such as WHERE ... IS NOT NULL to the query",
  });
}

/** Records what a batch completes, once its transaction has committed. */
async function finishBatch(
  { job, target, checkpoint, crew, mask, listen, now, wallNow }: BackfillInput,
  batch: WrittenBatch,
  writing: Promise<Written>,
  { visitOf, feeds }: StageNotes,
): Promise<void> {
  const startedAt = now();
  const written = await writing;
  creditRows(batch, written.counts);
  rejectRows(batch, written.rejected);
  feeds?.note(batch.finished);
  maskBatch(batch, mask);
  if (batch.failed.length > 0) {
    const checks = crew?.checks(unitsOf(batch.failed)) ?? [];
    await recordFailures(target, job.job, batch.failed, { atMs: wallNow(), checks });
  }
  await crew?.written(unitsOf([...batch.finished, ...batch.failed]));
  await recordBatch(job, checkpoint, batch, wallNow(), visitOf);
  if (checkpoint.unmarked >= WINDOWS_PER_MARK) {
    // A crew must not miss what a reading returns: the next one begins after it.
    if (crew !== undefined) await crew.learn();
    else await catchUp({ job: job.job, checkpoint, target }, { isStored: true });
  }
  reportBatch(listen, batch, written.counts, now() - startedAt);
}
