// Compares the checkpoint with the target: what is done must be in the target's ledger,
// without a gap from the first day to the last, with nothing failed, rejected or never fetched, and tables
// that were written to must hold something. It sends no request to the API and changes nothing.
import { viewFeeds } from "../checkpoint/feed_view.ts";
import { type Days, daysOf } from "../checkpoint/snapshot.ts";
import { scopeOf, type Track } from "../plan/scope.ts";
import { Evidence } from "./evidence.ts";
import {
  type Case,
  type CoverageInput,
  entriesOf,
  type Facts,
  type Finding,
  findingsOf,
  hullOf,
} from "./findings.ts";
import { resumeCommand } from "./resume_command.ts";
import {
  type MissingValues,
  missingValues,
  readRequest,
  type Unfetched,
  unfetched,
} from "./unfetched.ts";

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
  /** Whether the ledger holds dates that the checkpoint does not know: `checkpoint --rebuild` restores them. */
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
      // The values for other parameters than those of the last run are known only if it used none of them.
      const isCompared = scope === current || !scopes.has(current);
      streams.push(await proveStream({ ...facts, stream, scope }, isCompared));
    }
  }
  return { ok: streams.every((stream) => stream.ok), streams };
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
  const findings = findingsOf(matter, tracks, missing.first, hull);
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
