// Owns the order in which the pages of feeds are read: each `for_each` value is a separate feed, whose next
// page is known once the previous one was read. Different feeds are read side by side. It never fetches and
// never writes. Invariant: no cursor is sent twice in one run but by a page that is read again.
import { inTurn } from "./in_turn.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import type { FeedPosition, FeedStep } from "./feed.ts";
import type { Track } from "./scope.ts";
import { refusedUnits } from "./refused_units.ts";
import { canonical } from "./scope.ts";
import type { Unit, UnitSource } from "./unit.ts";

/** What a plan of feeds is created from. */
export interface FeedPlanInput {
  /** Name of the stream. */
  readonly name: string;
  /** The stream; it has `since`. */
  readonly stream: Stream;
  /** Canonical string of the parameters that the stream uses. */
  readonly scope: string;
  /** Combinations of `for_each` values. */
  readonly each: AsyncIterable<Record<string, unknown>>;
  /** Whether the feed of a track is read by this run. */
  readonly isWanted: (track: Track) => boolean;
  /** The position of a feed; undefined before its first page. */
  readonly position: (track: Track) => FeedPosition | undefined;
  /** The pages of a feed that had rejected rows. */
  readonly rejected: (track: Track) => readonly RejectedPage[];
  /** Reads the positions again, because another process may have moved them. */
  readonly reload: () => Promise<void>;
  /** The values that `each` could not yield, once it has ended: the track, and why no request can be sent for it. */
  readonly refusals?: () => readonly { each: string; reason: string }[];
  /**
   * Whether responses come from an archive, in which case a feed continues as long as the archive has its
   * next page.
   */
  readonly replays?: ((unit: Unit) => boolean) | undefined;
  /** Whether responses are archived, by whole readings: an interrupted one is not continued then. */
  readonly isArchived?: boolean;
}

/** A page with rejected rows, which is read again. */
export interface RejectedPage {
  /** Its number. */
  readonly seq: number;
  /** The cursor that it sent; undefined at the start. */
  readonly sent: string | undefined;
  /** How many rows. */
  readonly rejected: number;
}

/** What is known of one feed during a run. */
interface Chain {
  readonly seen: Set<string>;
  /** The records of the last page, for comparison. */
  print: string | undefined;
  pages: number;
}

/** Returns the pages of feeds one by one; several workers may share it. */
export class FeedPlan implements UnitSource {
  /** Name of the stream. */
  readonly name: string;
  /** The stream. */
  readonly stream: Stream;
  /** Pages returned so far, and feeds that are not read. */
  readonly counts = { planned: 0, skipped: 0 };
  /** The next page of a feed is offered once the previous one has been read, so no wait is required. */
  readonly isWaiting = false;
  readonly #input: FeedPlanInput;
  readonly #each: AsyncIterator<Record<string, unknown>>;
  readonly #queue: Unit[] = [];
  readonly #chains = new Map<string, Chain>();
  readonly #refused: Iterator<Unit, undefined>;

  /** A plan that starts with the first feed. */
  constructor(input: FeedPlanInput) {
    this.name = input.name;
    this.stream = input.stream;
    this.#input = input;
    this.#each = input.each[Symbol.asyncIterator]();
    this.#refused = refusedUnits(input);
  }

  /** The next page; undefined if none is known, though a page that is being read may lead to one. */
  readonly next: () => Promise<Unit | undefined> = inTurn(() => this.#take());

  async #take(): Promise<Unit | undefined> {
    const unit = this.#queue.shift() ?? await this.#nextFeed() ?? this.#refused.next().value;
    if (unit !== undefined) this.counts.planned++;
    return unit;
  }

  async #nextFeed(): Promise<Unit | undefined> {
    for (;;) {
      const next = await this.#each.next();
      if (next.done) return undefined;
      const unit = this.#unit(next.value);
      if (!this.#input.isWanted(unit)) {
        this.counts.skipped++;
        continue;
      }
      const first = { ...unit, feed: this.#firstStep(unit) };
      if (this.#input.replays?.(first) !== false) return first;
    }
  }

  #unit(eachValues: Record<string, unknown>): Unit {
    const { name, scope } = this.#input;
    return { stream: name, scope, each: canonical(eachValues), eachValues, window: null };
  }

  #firstStep(track: Track): FeedStep {
    const { position, replays } = this.#input;
    const known = position(track);
    return {
      seq: known?.part === undefined ? (known?.seq ?? 0) + 1 : known.seq,
      part: this.#input.isArchived || replays !== undefined ? undefined : known?.part,
      // An archive is read from its beginning.
      sent: replays === undefined ? known?.cursor ?? undefined : undefined,
      before: known,
      isAgain: false,
      isFirst: true,
      isReplay: replays !== undefined,
    };
  }

  /** Takes over the position to which this process or another one has moved the feed of a unit, before it is read. */
  async locate({ feed, ...track }: Unit): Promise<void> {
    if (feed === undefined || !feed.isFirst) return;
    await this.#input.reload();
    const { seq, sent, before, part } = this.#firstStep(track);
    Object.assign(feed, { seq, sent, before, part });
  }

  /**
   * Plans the page after one that was read, unless the feed has ended.
   *
   * @throws Failure("window") if the feed goes in circles, or does not end.
   */
  fetched(unit: Unit, _records?: number): void {
    const { feed } = unit;
    if (feed?.reached === undefined) return;
    if (this.#input.replays !== undefined) return this.#replayNext(unit, feed);
    if (feed.isAgain) return;
    if (feed.reached.ended) {
      this.#queue.push(...this.#again(unit));
      return;
    }
    this.#refuseLoop(unit, feed);
    this.#queue.push(this.#following(unit, feed));
  }

  /** Plans the next page that the archive holds; it must lead to the cursor at which the feed continues. */
  #replayNext(unit: Unit, feed: FeedStep): void {
    const { cursor } = feed.reached!;
    const { seen } = this.#chain(unit);
    const next = this.#following(unit, feed);
    const isNew = cursor !== null && cursor !== feed.sent && !seen.has(cursor);
    if (isNew && this.#input.replays!(next)) {
      seen.add(cursor);
      this.#queue.push(next);
      return;
    }
    const position = this.#input.position(unit);
    if (position === undefined || position.cursor === cursor) return;
    throw new Failure(
      "window",
      "Cannot replay the feed to its end: later pages are missing from the archive",
      {
        hint: `Read it again from the API: deno task backfill --only ${this.name} --from-start`,
      },
    );
  }

  #chain({ each }: Track): Chain {
    let chain = this.#chains.get(each);
    if (chain === undefined) {
      this.#chains.set(each, chain = { seen: new Set(), print: undefined, pages: 0 });
    }
    return chain;
  }

  #refuseLoop(unit: Unit, { sent, reached, print }: FeedStep): void {
    const chain = this.#chain(unit);
    const cursor = reached!.cursor!;
    if (sent !== undefined) chain.seen.add(sent);
    chain.pages++;
    const isSame = print !== undefined && print === chain.print;
    chain.print = print;
    const { max_pages: most } = this.stream;
    if (chain.seen.has(cursor)) {
      throw failure(
        "the response returns a cursor that was sent before",
        'Check "cursor" of "since", and that the request sends {since}',
      );
    }
    if (isSame) {
      throw failure(
        "the response has the same records as the one before, but another cursor",
        'Check that the API knows the parameter that sends {since}, or write "more" of "since"',
      );
    }
    if (chain.pages < most) return;
    throw failure(
      `it has more than ${most} pages`,
      'Run again to continue it, or raise "max_pages" of the stream',
    );
  }

  #following(unit: Unit, { seq, reached, isReplay }: FeedStep): Unit {
    const step: FeedStep = {
      ...{ seq: seq + 1, sent: reached!.cursor ?? undefined, before: undefined },
      ...{ isAgain: false, isFirst: false, isReplay },
    };
    return { ...unit, feed: step };
  }

  /** The pages of a feed that had rejected rows when the run began. */
  #again(unit: Unit): Unit[] {
    return this.#input.rejected(unit).map(({ seq, sent }) => ({
      ...unit,
      feed: { seq, sent, before: undefined, isAgain: true, isFirst: false, isReplay: false },
    }));
  }

  /** A page cannot be divided. */
  tooFull(): boolean {
    return false;
  }

  /** A page cannot be divided. */
  halve(): undefined {
    return undefined;
  }

  /** Drops the pages of a unit's feed that are left; false if there are none. */
  setAside({ each }: Pick<Unit, "each">): boolean {
    const kept = this.#queue.filter((unit) => unit.each !== each);
    const dropsAny = kept.length < this.#queue.length;
    this.#queue.splice(0, this.#queue.length, ...kept);
    return dropsAny;
  }

  /** Nothing waits for the end of a page. */
  settle(): void {}

  /** Takes the pages of a unit's feed that are known and not returned yet. */
  takeFollowing({ each }: Unit): Unit[] {
    const following = this.#queue.filter((unit) => unit.each === each);
    this.setAside({ each });
    this.counts.planned += following.length;
    return following;
  }
}

function failure(what: string, hint: string): Failure {
  return new Failure("window", `Cannot read the feed to its end: ${what}`, { hint });
}
