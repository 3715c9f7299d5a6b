// Folds the events of a run of this process into its progress. It reads no store; the numbers are those of the
// events. Invariant: windows done before the run count as done, so a resumed run does not begin at zero.
import type { Stream } from "../../config/job/stream.ts";
import type { Job } from "../../config/schema/job.ts";
import type { RunEvent } from "../../report/event.ts";
import type { Subject } from "../../report/text/subject.ts";
import type { Wait } from "../../report/text/wait.ts";
import { bindingLimit } from "./binding_limit.ts";
import { OpenWindows, sizeOf } from "./open_windows.ts";
import { secondsLeft } from "./pace.ts";
import { QuotaMeter } from "./quota_meter.ts";
import { RateCurve } from "./rate_curve.ts";
import { RunCounters } from "./run_counters.ts";
import { RateMeter } from "./rate_meter.ts";
import type { RunProgress, StreamProgress } from "./run_progress.ts";

/** What is counted of one stream. */
interface Counts {
  range: string | null;
  planned: number;
  skipped: number;
  minutes: number;
  requests: number;
  done: number;
  failed: number;
  rows: number;
  /** Minutes, or windows of a stream without dates, that are done or failed. */
  size: number;
  /** That of the windows that failed. */
  failedSize: number;
  sent: number;
  /** Pages of windows that are done. */
  pages: number;
  finished: boolean;
  /** Whether more requests may be needed than planned. */
  atLeast: boolean;
  readonly open: OpenWindows;
}

/** Share of a stream above which the number of requests left is estimated from those sent. */
const SHARE_TO_TRUST = 0.05;

/** The last run of this process. */
export class LiveRun {
  readonly #job: Job;
  readonly #streams = new Map<string, Counts>();
  readonly #curve = new RateCurve();
  /** What all runs of this process did. */
  readonly counters: RunCounters = new RunCounters();
  readonly #meter: RateMeter;
  #quotas: QuotaMeter;
  #run: { run: string; startedAtMs: number } | undefined;
  #ended = false;
  #wait: Wait | null = null;
  #requests = 0;
  #refused = 0;

  /** No run has begun. */
  constructor(job: Job) {
    this.#job = job;
    this.#quotas = new QuotaMeter(job);
    this.#meter = new RateMeter(bindingLimit(job, new Map())?.allowed ?? null);
  }

  /** Adds one event that happened at `atMs`, epoch milliseconds. */
  fold(event: RunEvent, atMs: number): void {
    this.counters.fold(event);
    switch (event.kind) {
      case "run_started":
        return this.#start(event, atMs);
      case "stream_planned":
        return this.#plan(event);
      case "request":
        return this.#request(event.event, atMs);
      case "page_read":
        return this.#streams.get(event.subject.stream)?.open.read(event);
      case "window_split":
      case "window_restarted":
        return this.#streams.get(event.subject.stream)?.open.close(event.subject);
      case "window_done":
        this.#streams.get(event.subject.stream)?.open.note(event.pages);
        return this.#finish(event.subject, { done: 1, rows: event.rows, pages: event.pages });
      case "window_failed":
        return this.#finish(event.subject, { failed: 1 });
      case "stream_finished": {
        const counts = this.#streams.get(event.stream);
        if (counts !== undefined) {
          // A run that is stopped leaves windows that it has begun.
          counts.finished ||= event.planned <= counts.done + counts.failed;
        }
        return;
      }
      case "waiting":
        this.#wait = event.wait;
        return;
      case "run_finished":
        this.#ended = true;
        this.#wait = null;
    }
  }

  /** The progress at `nowMs`; undefined before the first run. */
  progress(nowMs: number): RunProgress | undefined {
    if (this.#run === undefined) return undefined;
    const rates = this.#meter.rates(nowMs);
    const streams = [...this.#streams].map(([name, counts]) => ({
      ...progressOf(name, counts, this.#job.streams[name]?.since !== undefined),
      perSecond: counts.finished ? null : rates.get(name) ?? null,
    }));
    const isKnown = streams.some(({ finished, openEnded }) => !finished && !openEnded);
    const limit = bindingLimit(this.#job, rates) ?? null;
    const perSecond = rates.size === 0 ? null : sumOf(rates.values());
    const fromMs = Math.max(nowMs, this.#wait?.untilMs ?? 0);
    const use = this.#quotas.useAt(fromMs, nowMs);
    const wait = this.#wait;
    const left = secondsLeft(this.#job, streams, { limit, perSecond, wait, use });
    return {
      ...this.#run,
      host: null,
      ended: this.#ended,
      streams,
      requests: this.#requests,
      refused: this.#refused,
      wait,
      rates: this.#curve.points(nowMs),
      allowed: limit?.allowed ?? null,
      ...{ perSecond, limit },
      doneAtMs: this.#ended || !isKnown || wait?.kind === "outage" ? null : fromMs + 1000 * left,
      atLeast: streams.some(({ openEnded }) => openEnded) ||
        [...this.#streams.values()].some((counts) => !counts.finished && isGuess(counts)),
    };
  }

  #start(
    { run, limitsUse }: Extract<RunEvent, { kind: "run_started" }>,
    startedAtMs: number,
  ): void {
    this.#run = { run, startedAtMs };
    this.#quotas = new QuotaMeter(this.#job, limitsUse, startedAtMs);
    this.#streams.clear();
    [this.#ended, this.#wait, this.#requests, this.#refused] = [false, null, 0, 0];
  }

  #plan(event: Extract<RunEvent, { kind: "stream_planned" }>): void {
    const { stream, range, windows: planned, skipped, minutes, requests, atLeast } = event;
    // The values of a query may still be fetched by other streams; the plan is then announced again.
    const finished = planned === 0 && !hasQuery(this.#job.streams[stream]);
    this.#streams.set(stream, {
      ...{ range, planned, skipped, minutes, requests, atLeast, finished },
      ...{ done: 0, failed: 0, rows: 0, size: 0, failedSize: 0, sent: 0, pages: 0 },
      open: new OpenWindows(planned === 0 ? 1 : requests / planned),
    });
  }

  #request(event: Extract<RunEvent, { kind: "request" }>["event"], atMs: number): void {
    if (event.kind === "refused") this.#refused++;
    if (event.kind !== "requested") return;
    this.#requests++;
    this.#curve.add(atMs);
    const weight = this.#job.streams[event.stream]?.weight;
    this.#meter.add(event.stream, atMs, weight);
    this.#quotas.add(event.stream, atMs, weight);
    const counts = this.#streams.get(event.stream);
    if (counts !== undefined) counts.sent++;
  }

  #finish(subject: Subject, { done = 0, failed = 0, rows = 0, pages = 0 }): void {
    const counts = this.#streams.get(subject.stream);
    if (counts === undefined) return;
    counts.done += done;
    counts.failed += failed;
    counts.rows += rows;
    counts.pages += pages;
    counts.open.close(subject);
    const size = sizeOf(subject, counts.minutes > 0);
    counts.size += size;
    if (failed > 0) counts.failedSize += size;
  }
}

/** Whether the number of requests left is that of the plan, which knew only the least. */
function isGuess({ atLeast, done, failed }: Counts): boolean {
  return atLeast && done + failed === 0;
}

function hasQuery(stream: Stream | undefined): boolean {
  return Object.values(stream?.for_each ?? {}).some((values) => "query" in values);
}

function sumOf(values: Iterable<number>): number {
  return [...values].reduce((sum, value) => sum + value, 0);
}

function progressOf(
  stream: string,
  counts: Counts,
  isFeed: boolean,
): Omit<StreamProgress, "perSecond"> {
  if (isFeed && !counts.finished) return feedProgress(stream, counts);
  const { range, planned, skipped, minutes, finished, done, failed, rows } = counts;
  const total = minutes > 0 ? minutes : planned;
  const size = counts.size + counts.open.size(minutes > 0);
  const ofRun = finished || total === 0 ? 1 : Math.min(1, size / total);
  // Windows that size themselves may become more, or fewer, than planned.
  const windows = skipped + (finished ? done + failed : Math.max(planned, done + failed));
  // A window that failed is over, but not done.
  const ofFailed = finished
    ? failed / Math.max(1, done + failed)
    : Math.min(ofRun, counts.failedSize / Math.max(1, total));
  const expected = counts.requests * ofRun;
  // Requests in flight and retries are no progress; one response may be read as many pages.
  const used = Math.min(counts.sent, counts.pages + counts.open.pages + failed);
  const factor = ofRun > SHARE_TO_TRUST && expected > 0 ? used / expected : 1;
  return {
    ...{ stream, range, windows, failed, rows, openEnded: windows === 0 && !finished },
    done: skipped + done,
    share: windows === 0 ? 1 : (skipped + (windows - skipped) * (ofRun - ofFailed)) / windows,
    openPages: counts.open.pages,
    finished,
    requestsLeft: Math.ceil(counts.requests * (1 - ofRun) * factor),
  };
}

/** The number of pages of a feed is unknown: at least one more for each, until it has ended. */
function feedProgress(stream: string, counts: Counts): Omit<StreamProgress, "perSecond"> {
  const { range, planned, skipped, finished, done, failed, rows, open } = counts;
  return {
    ...{ stream, range, failed, rows, finished, openEnded: true, share: 0 },
    windows: skipped + done + failed,
    done: skipped + done,
    openPages: open.pages,
    requestsLeft: planned,
  };
}
