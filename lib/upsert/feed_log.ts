// Owns the pages of feeds in the target: their rows in the table hindcast_feeds commit with the rows of the page, so
// the last page records where a feed continues, on any machine. Invariant: the number of a page never decreases, so a
// process that was replaced cannot move a feed back.
import type { Row, RowSet } from "../extract/row_shape.ts";
import type { FeedPart, FeedPosition } from "../plan/feed.ts";
import type { RejectedPage } from "../plan/feed_plan.ts";
import type { Track } from "../plan/scope.ts";
import type { Unit } from "../plan/unit.ts";
import type { Finished, PartlyRead } from "./batch.ts";
import { isMissingTable } from "./history.ts";
import { FEEDS_TABLE, shapeOf } from "./sql/system_tables.ts";
import type { Target } from "./write/target.ts";

/** The feed of one track. */
export interface FeedState extends Track {
  /** Its position. */
  readonly position: FeedPosition;
  /** Pages with rejected rows, which the next run reads again. */
  readonly rejected: readonly RejectedPage[];
}

const SHAPE = shapeOf(FEEDS_TABLE);

/** The last page of each feed, and those with rejected rows. */
const READ_SQL = `SELECT * FROM (SELECT f.*,
  extract(epoch FROM started_at) * 1000 AS started_ms, extract(epoch FROM read_at) * 1000 AS read_ms,
  max(seq) OVER (PARTITION BY stream, scope, each) AS last FROM ${FEEDS_TABLE} AS f WHERE job = $1) AS f
WHERE seq = last OR rejected > 0 ORDER BY stream, scope, each, seq DESC`;

/** Rows of a feed that are no longer needed: neither its last page nor one to read again. */
const TRIM_SQL = `DELETE FROM ${FEEDS_TABLE} AS f USING (SELECT DISTINCT ON (stream, scope, each)
  stream, scope, each, seq, started_at FROM ${FEEDS_TABLE} WHERE job = $1
  ORDER BY stream, scope, each, seq DESC) AS last
WHERE f.job = $1 AND f.stream = last.stream AND f.scope = last.scope AND f.each = last.each
AND f.seq < last.seq AND (f.rejected = 0 OR f.started_at <> last.started_at)`;

/** Restarts the feeds of a stream: the next page is the first, and old pages with rejected rows are forgotten. */
const RESET_SQL = `INSERT INTO ${FEEDS_TABLE}
(job, stream, scope, each, seq, ended, rejected, pages, records, rows, started_at, read_at)
SELECT job, stream, scope, each, max(seq) + 1, false, 0, 0, 0, 0, now(), now()
FROM ${FEEDS_TABLE} WHERE job = $1 AND stream = $2 GROUP BY job, stream, scope, each`;

/** Most pages of a feed that one run reads again. */
const MOST_AGAIN = 1_000;

/**
 * The positions of a job's feeds; none in a database of an earlier version.
 *
 * @throws {Failure} of kind `target` if they cannot be read.
 */
export async function readFeeds(
  target: Pick<Target, "stream">,
  job: string,
): Promise<FeedState[]> {
  const states: (FeedState & { rejected: RejectedPage[] })[] = [];
  try {
    for await (const record of target.stream(READ_SQL, { parameters: [job] })) {
      const track = {
        ...{ stream: String(record.stream), scope: String(record.scope) },
        each: String(record.each),
      };
      if (Number(record.seq) === Number(record.last)) {
        states.push({ ...track, position: positionOf(record), rejected: [] });
      }
      const { rejected } = states.at(-1)!;
      if (Number(record.rejected) === 0 || rejected.length >= MOST_AGAIN) continue;
      const sent = textOf(record.sent) ?? undefined;
      // The reading of a part continues, and begins again only if it cannot.
      if (record.part !== null && record.seq === record.last) continue;
      rejected.unshift({ seq: Number(record.seq), sent, rejected: Number(record.rejected) });
    }
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
  return states;
}

function positionOf(record: Record<string, unknown>): FeedPosition {
  return {
    seq: Number(record.seq),
    cursor: textOf(record.cursor),
    startedAt: Math.round(Number(record.started_ms)),
    readAt: Math.round(Number(record.read_ms)),
    ended: record.ended === true,
    pages: Number(record.pages),
    records: Number(record.records),
    rows: Number(record.rows),
    part: partOf(record),
  };
}

/** The part of a reading; undefined in a table of an earlier version. */
function partOf({ part, rejected }: Record<string, unknown>): FeedPart | undefined {
  const text = textOf(part);
  return text === null ? undefined : { ...JSON.parse(text), rejected: Number(rejected) };
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/**
 * Deletes rows of the feeds of a job that are no longer needed.
 *
 * @throws {Failure} of kind `target`.
 */
export async function trimFeeds(target: Pick<Target, "query">, job: string): Promise<void> {
  await target.query(TRIM_SQL, { parameters: [job] });
}

/**
 * Restarts the feeds of streams from the beginning.
 *
 * @throws {Failure} of kind `target`.
 */
export async function resetFeeds(
  target: Pick<Target, "query">,
  job: string,
  streams: readonly string[],
): Promise<void> {
  for (const stream of streams) await target.query(RESET_SQL, { parameters: [job, stream] });
}

/** The feeds of a job during a run. */
export class FeedLog {
  readonly #target: Pick<Target, "stream">;
  readonly #job: string;
  #states = new Map<string, FeedState>();
  /** The totals of each feed as of the page that was written last. */
  readonly #totals = new Map<string, FeedPosition>();
  /** Rejected rows by page, of each feed. */
  readonly #rejected = new Map<string, Map<number, number>>();

  /** Whether it has read where the feeds have arrived. */
  isLoaded = false;

  /** Knows nothing until `read`. */
  constructor(target: Pick<Target, "stream">, job: string) {
    this.#target = target;
    this.#job = job;
  }

  /**
   * Reads the positions of the feeds.
   *
   * @throws {Failure} of kind `target`.
   */
  async read(): Promise<void> {
    this.isLoaded = true;
    const states = await readFeeds(this.#target, this.#job);
    this.#states = new Map(states.map((state) => [idOf(state), state]));
  }

  /** The position of a feed; undefined before its first page. */
  position(track: Track): FeedPosition | undefined {
    return this.#states.get(idOf(track))?.position;
  }

  /** The pages of a feed that had rejected rows. */
  rejected(track: Track): readonly RejectedPage[] {
    return this.#states.get(idOf(track))?.rejected ?? [];
  }

  /** Notes the rejected rows of pages that are, or were, written. */
  note(finished: readonly Finished[]): void {
    for (const { unit, rows } of finished) {
      const { feed } = unit;
      if (feed === undefined || feed.isReplay) continue;
      const of = this.#rejectedOf(unit);
      if (rows.rejectedCount === 0) of.delete(feed.seq);
      else of.set(feed.seq, rows.rejectedCount);
      feed.outstanding = [...of.values()].reduce((sum, count) => sum + count, 0);
    }
  }

  #rejectedOf(track: Track): Map<number, number> {
    const id = idOf(track);
    let of = this.#rejected.get(id);
    if (of === undefined) {
      of = new Map(this.rejected(track).map(({ seq, rejected }) => [seq, rejected]));
      this.#rejected.set(id, of);
    }
    return of;
  }

  /** The rows of finished pages and parts, in the order in which they were read; none if no feed is among them. */
  rows(finished: readonly Finished[], parts: readonly PartlyRead[] = []): RowSet[] {
    const rows = finished.flatMap((page) =>
      page.unit.feed?.isReplay === false ? [this.#row(page)] : []
    );
    rows.push(...parts.map((read) => this.#partRow(read)));
    this.note(finished);
    return rows.length === 0 ? [] : [{ shape: SHAPE, rows }];
  }

  #row({ unit, pages, records, rows, requestedAt }: Finished): Row {
    const { seq, reached, isAgain, part } = unit.feed!;
    const known = this.#before(unit);
    const plus = (total: "pages" | "records" | "rows", more: number) =>
      (known?.[total] ?? 0) + (isAgain ? 0 : (part?.[total] ?? 0) + more);
    const position: FeedPosition = {
      ...{ seq, cursor: reached!.cursor, ended: reached!.ended, readAt: requestedAt },
      startedAt: known?.startedAt ?? requestedAt,
      pages: plus("pages", pages),
      records: plus("records", records),
      rows: plus("rows", rows.rows),
    };
    if (!isAgain) this.#totals.set(idOf(unit), position);
    return this.#rowOf(unit, position, rows.rejectedCount);
  }

  /** The row of a reading that continues: it leads to the cursor that the reading has sent, and to its pages. */
  #partRow({ unit, place, pages, records, cursor, requestedAt, extracted, rows }: PartlyRead): Row {
    const { seq, sent, part } = unit.feed!;
    const known = this.#before(unit);
    const position: FeedPosition = {
      ...{ seq, cursor: sent ?? null, ended: false, readAt: requestedAt },
      startedAt: known?.startedAt ?? requestedAt,
      ...{ pages: known?.pages ?? 0, records: known?.records ?? 0, rows: known?.rows ?? 0 },
    };
    const read = { place, pages, records, rows: (part?.rows ?? 0) + extracted, cursor };
    return this.#rowOf(unit, position, rows.rejectedCount, JSON.stringify(read));
  }

  /** The totals before a reading. */
  #before(unit: Unit): FeedPosition | undefined {
    const { isFirst, before } = unit.feed!;
    return isFirst ? before : this.#totals.get(idOf(unit)) ?? this.position(unit);
  }

  #rowOf(unit: Unit, position: FeedPosition, rejected: number, part: string | null = null): Row {
    const { stream, scope, each, feed } = unit;
    const { seq, cursor, ended, pages, records, rows, startedAt, readAt } = position;
    return [
      ...[this.#job, stream, scope, each, String(seq), feed!.sent ?? null, cursor],
      ...[ended, rejected, pages, records, rows].map(String),
      ...[startedAt, readAt].map((ms) => new Date(ms).toISOString()),
      part,
    ];
  }
}

function idOf({ stream, scope, each }: Track): string {
  return JSON.stringify([stream, scope, each]);
}
