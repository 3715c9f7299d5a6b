// Compares the checkpoint with the target: what is done must be in the target's ledger,
// without a gap from the first day to the last, with nothing failed, rejected or never fetched, and tables
// that were written to must hold something. It sends no request to the API and changes nothing.
import { formatCount } from "../report/text/format.ts";
import type { Job } from "../config/schema/job.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { type FeedsOf, viewFeeds } from "../checkpoint/feed_view.ts";
import type { RetryEntry } from "../checkpoint/retry_entry.ts";
import { type Days, daysOf } from "../checkpoint/snapshot.ts";
import { scopeOf, type Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { Target } from "../upsert/write/target.ts";
import { Evidence } from "./evidence.ts";
import { resumeCommand } from "./resume_command.ts";
import {
  type MissingValues,
  missingValues,
  readRequest,
  type Request,
  type Unfetched,
  unfetched,
} from "./unfetched.ts";

/** A reason why coverage is incomplete. */
export interface Finding {
  /**
   * - `gap`: dates between the first and the last done that are not.
   * - `unproven`: dates that are done according to the checkpoint and missing from the ledger.
   * - `failed`, `rejected`: windows to fetch again.
   * - `no_rows`: the ledger states rows, and the tables hold none or do not exist.
   * - `not_fetched`: a stream, or one of its `for_each` values, that was never fetched.
   */
  readonly kind: "gap" | "unproven" | "failed" | "rejected" | "no_rows" | "not_fetched";
  /** First and last day; null if it concerns no dates. */
  readonly window: Days | null;
  /** The `for_each` values; empty where there are none. */
  readonly each: string;
  /** What was found. */
  readonly reason: string;
  /** The next command. */
  readonly next: string;
}

/** The findings for one stream with one set of parameters. */
export interface StreamProof {
  /** Name of the stream. */
  readonly stream: string;
  /** The parameters it was fetched with; empty for none. */
  readonly scope: string;
  /** Whether nothing was found. */
  readonly ok: boolean;
  /** First and last day that is done; null without any. */
  readonly covered: Days | null;
  /** Values fetched of a stream without windows. */
  readonly items: number;
  /** Up to when all feeds of a stream with `since` were read, ISO 8601; null for others. */
  readonly read_to: string | null;
  /** Whether the ledger holds dates that the checkpoint does not know: `checkpoint --rebuild` brings them back. */
  readonly forgotten: boolean;
  /** Why it passes though it was never fetched; null if it was fetched, or should have been. */
  readonly unfetched: Unfetched | null;
  /** At most {@linkcode FINDINGS_KEPT}. */
  readonly findings: readonly Finding[];
  /** How many findings there were. */
  readonly finding_count: number;
}

/** The coverage part of `verify --json`; its field names are stable. */
export interface CoverageResult {
  /** Whether all streams are complete. */
  readonly ok: boolean;
  /** Streams in the order of the job, each once for every set of parameters. */
  readonly streams: readonly StreamProof[];
}

/** Findings kept of one stream; the rest is counted. */
const FINDINGS_KEPT = 50;

/** What coverage is verified with. */
export interface CoverageInput {
  /** The job. */
  readonly job: Job;
  /** Its checkpoint on the target. */
  readonly checkpoint: Checkpoint;
  /** The target. */
  readonly target: Pick<Target, "readLedger" | "countRows" | "stream">;
}

/** Compares the whole checkpoint of a job with its target. */
export async function verifyCoverage({ job, checkpoint, target }: CoverageInput): Promise<
  CoverageResult
> {
  const evidence = new Evidence();
  for await (const entry of target.readLedger(job.job)) evidence.add(entry);
  const facts: Facts = {
    ...{ job, checkpoint, target, evidence },
    rowsByTable: await target.countRows(Object.keys(job.tables)),
    entries: await checkpoint.retryEntries(),
    request: await readRequest(job, checkpoint),
    feedsOf: await viewFeeds(job, target),
  };
  const streams: StreamProof[] = [];
  for (const stream of Object.keys(job.streams)) {
    const scopes = await knownScopes(facts, stream);
    if (scopes.size === 0) streams.push(await proveUnfetched(facts, stream));
    const current = scopeOf(job, stream, facts.request.params);
    for (const scope of scopes) {
      await checkpoint.load(stream, scope);
      // What the values are with other parameters than the last run's is known only if it had none of these.
      const isCompared = scope === current || !scopes.has(current);
      streams.push(await proveStream({ ...facts, stream, scope }, isCompared));
    }
  }
  return { ok: streams.every((stream) => stream.ok), streams };
}

interface Facts extends CoverageInput {
  readonly evidence: Evidence;
  readonly rowsByTable: Readonly<Record<string, number>>;
  readonly entries: readonly RetryEntry[];
  readonly request: Request;
  readonly feedsOf: FeedsOf;
}

interface Case extends Facts {
  readonly stream: string;
  readonly scope: string;
}

/** The parameters with which a stream was fetched, in part or whole. */
async function knownScopes(
  { checkpoint, evidence, entries }: Facts,
  stream: string,
): Promise<Set<string>> {
  const known = [...evidence.tracks(stream), ...entries.filter((entry) => entry.stream === stream)];
  return new Set([
    ...await checkpoint.scopes(stream),
    ...known.map(({ scope }) => scope),
  ]);
}

async function proveUnfetched(facts: Facts, stream: string): Promise<StreamProof> {
  const { job, target, request } = facts;
  const scope = scopeOf(job, stream, request.params);
  const reason = await unfetched(job, stream, request, target) ?? null;
  const finding: Finding = {
    ...{ kind: "not_fetched", window: null, each: "", reason: "was never fetched" },
    next: request.hasRun ? resumeCommand(stream, scope, null) : "deno task backfill",
  };
  return {
    ...{ stream, scope, covered: null, items: 0, read_to: null, forgotten: false },
    ok: reason !== null,
    unfetched: reason,
    findings: reason === null ? [finding] : [],
    finding_count: reason === null ? 1 : 0,
  };
}

async function proveStream(matter: Case, isCompared: boolean): Promise<StreamProof> {
  const { checkpoint, evidence, stream, scope } = matter;
  const tracks = checkpoint.tracks(stream, scope);
  const spans = tracks.flatMap((track) => checkpoint.coverage(track).spans());
  const missing = isCompared ? await missingOf(matter, tracks) : { first: [], count: 0 };
  const hull = spans.length === 0 ? null : hullOf(spans);
  const findings = [
    ...tracks.flatMap((track) => gapsOf(matter, track)),
    ...tracks.flatMap((track) => unprovenOf(matter, track)),
    ...entriesOf(matter).map((entry) => retryFinding(entry)),
    ...noRows(matter),
    ...unread(matter),
    ...missing.first.map((each) => missingFinding(matter, each, hull)),
  ];
  return {
    stream,
    scope,
    ok: findings.length === 0,
    covered: hull === null ? null : daysOf(hull),
    items: tracks.filter((track) => checkpoint.item(track) !== undefined).length,
    read_to: readTo(matter),
    forgotten: evidence.tracks(stream).some((track) =>
      track.scope === scope && isForgotten(matter, track)
    ),
    unfetched: null,
    findings: findings.slice(0, FINDINGS_KEPT),
    finding_count: findings.length + missing.count - missing.first.length,
  };
}

function entriesOf({ entries, stream, scope }: Case): readonly RetryEntry[] {
  return entries.filter((entry) => entry.stream === stream && entry.scope === scope);
}

/** The current `for_each` values that neither checkpoint nor ledger nor retry list contains. */
function missingOf(matter: Case, tracks: readonly Track[]): Promise<MissingValues> {
  const { job, checkpoint, target, evidence, stream, scope, request } = matter;
  const isDone = (track: Track) =>
    checkpoint.item(track) !== undefined || checkpoint.coverage(track).ranges.length > 0;
  const known = [
    ...tracks.filter(isDone),
    ...evidence.tracks(stream).filter((track) => track.scope === scope),
    ...entriesOf(matter),
  ];
  return missingValues(job.streams[stream]!, request.params, target, {
    fetched: new Set(known.map(({ each }) => each)),
    limit: FINDINGS_KEPT,
  });
}

function missingFinding({ stream, scope }: Case, each: string, hull: Window | null): Finding {
  return {
    kind: "not_fetched",
    window: hull === null ? null : daysOf(hull),
    each,
    reason: "was never fetched",
    next: resumeCommand(stream, scope, hull),
  };
}

function hullOf(spans: readonly Window[]): Window {
  return spans.reduce((hull, { from, to }) => ({
    from: Math.min(hull.from, from),
    to: Math.max(hull.to, to),
  }));
}

function gapsOf({ checkpoint, stream, scope }: Case, track: Track): Finding[] {
  const coverage = checkpoint.coverage(track);
  const spans = coverage.spans();
  if (spans.length === 0) return [];
  return coverage.gaps(hullOf(spans)).map((gap) => ({
    kind: "gap",
    window: daysOf(gap),
    each: track.each,
    reason: "was never fetched, though dates before and after it were",
    next: resumeCommand(stream, scope, gap),
  }));
}

function unprovenOf({ checkpoint, evidence }: Case, track: Track): Finding[] {
  const lacking = checkpoint.coverage(track).spans().flatMap((span) =>
    evidence.lacking(track, span)
  );
  const about = {
    kind: "unproven",
    each: track.each,
    reason: "is done according to the checkpoint, but the database has no record of it",
    next: "deno task checkpoint --rebuild, then deno task backfill --resume",
  } as const;
  const isItem = checkpoint.item(track) !== undefined && !evidence.hasItem(track);
  return [
    ...lacking.map((range) => ({ ...about, window: daysOf(range) })),
    ...(isItem ? [{ ...about, window: null }] : []),
  ];
}

function retryFinding({ kind, window, each, reason }: RetryEntry): Finding {
  return {
    kind,
    window: window === null ? null : daysOf(window),
    each,
    reason: kind === "failed" ? `failed: ${reason}` : reason,
    next: "deno task errors, then deno task backfill --resume",
  };
}

function noRows({ job, evidence, rowsByTable, stream, scope }: Case): Finding[] {
  const rows = evidence.rows(stream, scope);
  if (rows === 0) return [];
  const tables = [...new Set(job.streams[stream]!.rows.map((entry) => entry.table))];
  const about = { kind: "no_rows", window: null, each: "" } as const;
  const next = `deno task backfill --only ${stream}`;
  const missing = tables.filter((table) => rowsByTable[table] === undefined);
  const reasons = missing.map((table) => `the table "${table}" does not exist`);
  if (missing.length === 0 && tables.every((table) => rowsByTable[table] === 0)) {
    reasons.push(
      `${formatCount(rows, "row")} written, but ${tables.join(", ")} ${
        tables.length === 1 ? "is" : "are"
      } empty`,
    );
  }
  return reasons.map((reason) => ({ ...about, reason, next }));
}

/** Feeds that were begun anew and have not been read since. */
function unread({ feedsOf, stream, scope }: Case): Finding[] {
  return feedsOf(stream, scope).filter(({ read_at }) => read_at === null).map(({ each }) => ({
    ...{ kind: "not_fetched", window: null, each, reason: "was begun anew and not read since" },
    next: resumeCommand(stream, scope, null),
  }));
}

/** When the feed was read that was read first of all. */
function readTo({ feedsOf, stream, scope }: Case): string | null {
  const read = feedsOf(stream, scope).flatMap(({ read_at }) => read_at ?? []);
  return read.length === 0 ? null : read.reduce((least, at) => at < least ? at : least);
}

/** Whether the ledger proves dates of a track that the checkpoint does not know. */
function isForgotten({ checkpoint, evidence }: Case, track: Track): boolean {
  const coverage = checkpoint.coverage(track);
  return evidence.ranges(track).some((range) => coverage.gaps(range).length > 0) ||
    evidence.hasItem(track) && checkpoint.item(track) === undefined;
}
