// Owns the order in which the windows of one stream are fetched where several processes share a run: a plan
// proposes windows, those that are free are claimed a few at a time, and each is handed out once it is claimed.
// Alone it hands out what the plan proposes. Windows that others are fetching are remembered, in case they are
// given back.
import type { Stream } from "../config/schema/job_schema.ts";
import { FeedPlan } from "../plan/feed_plan.ts";
import type { StreamPlan } from "../plan/stream_plan.ts";
import type { Unit, UnitSource } from "../plan/unit.ts";
import type { Claims } from "./claims.ts";

/** Windows claimed at once; fewer leave more to others, more cost fewer statements. */
const [FEWEST_CLAIMED, MOST_CLAIMED] = [2, 64];
/** Windows proposed for each one wanted, and the minimum: other workers may have claimed the first ones. */
const [PROPOSED_FOR_ONE, FEWEST_PROPOSED] = [8, 64];
/** Windows that a claim looks ahead for each that is wanted, and at most, to find the end of the plan in time. */
const [AHEAD_FOR_ONE, MOST_AHEAD] = [32, 512];
/** Time that the windows of one claim take, in milliseconds. */
const CLAIM_LASTS_MS = 300;
/** Busy windows remembered before those that have ended are dropped. */
const BUSY_KEPT = 1_000;

/** The plan of a stream that several processes share. */
export class ClaimedPlan implements UnitSource {
  readonly name: string;
  readonly stream: Stream;
  readonly counts: { planned: number; skipped: number };
  readonly #plan: StreamPlan | FeedPlan;
  readonly #claims: Claims;
  /** Claimed, and not handed out yet. */
  readonly #granted: Unit[] = [];
  #candidates: Unit[] = [];
  /** What others were fetching when the plan proposed it. */
  #busy: Unit[] = [];
  /** Parts of windows that were too full. */
  readonly #parts = new WeakSet<Unit>();
  /** The units of the plan that parts were cut from. */
  readonly #wholes = new WeakMap<Unit, Unit>();
  #turn: Promise<unknown>;
  /** How many calls wait for a unit. */
  #waiting = 0;
  #claiming: Promise<boolean> | undefined;
  #size = FEWEST_CLAIMED;
  #claimedAtMs = -Infinity;
  /** Whether the plan has proposed its last windows. */
  #areLast = false;
  /** Whether too few windows are left: what is claimed ahead then would be missing elsewhere. */
  #isEnding = false;
  readonly #inFlight: number;

  /** Proposes what the plan does; `inFlight` windows are fetched at once. */
  constructor(plan: StreamPlan | FeedPlan, claims: Claims, inFlight: number) {
    this.#inFlight = inFlight;
    // A stage may begin while what is in flight is being claimed.
    this.#turn = claims.sharing;
    this.name = plan.name;
    this.stream = plan.stream;
    this.counts = plan.counts;
    this.#plan = plan;
    this.#claims = claims;
  }

  get isWaiting(): boolean {
    return this.#plan.isWaiting;
  }

  async next(): Promise<Unit | undefined> {
    this.#waiting++;
    try {
      return await this.exclusive(() => this.#take());
    } finally {
      this.#waiting--;
    }
  }

  /** Runs an action while no unit is handed out. */
  exclusive<R>(action: () => Promise<R>): Promise<R> {
    const turn = this.#turn.then(action);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  fetched(unit: Unit, records: number): void {
    this.#plan.fetched(unit, records);
    if (!(this.#plan instanceof FeedPlan)) return;
    // The next page of a feed belongs to the process that has read the one before.
    const following = this.#plan.takeFollowing(unit);
    this.#claims.extend(unit, following);
    this.#granted.push(...following);
  }

  /** The parts stay claimed, and are fetched next. */
  tooFull(unit: Unit, held?: number): boolean {
    // A page of a feed cannot be split.
    if (this.#plan instanceof FeedPlan) return false;
    const parts = this.#plan.split(unit, held);
    if (parts.length === 0) return false;
    this.#claims.replace([unit], parts);
    for (const part of parts) this.#parts.add(part);
    this.#granted.unshift(...parts);
    return true;
  }

  async locate(unit: Unit): Promise<void> {
    if (this.#plan instanceof FeedPlan) await this.#plan.locate(unit);
  }

  halve(unit: Unit): Unit[] | undefined {
    const halves = this.#plan.halve(unit);
    if (halves !== undefined) this.#claims.replace([unit], halves);
    return halves;
  }

  setAside(unit: Unit): boolean {
    const isOther = ({ each }: Unit) => each !== unit.each;
    const dropped = this.#granted.filter((granted) => !isOther(granted));
    const before = this.#candidates.length + this.#busy.length;
    this.#candidates = this.#candidates.filter(isOther);
    this.#busy = this.#busy.filter(isOther);
    for (const granted of dropped) this.#granted.splice(this.#granted.indexOf(granted), 1);
    this.#claims.giveUp(dropped);
    const dropsMore = this.#plan.setAside(unit);
    return dropsMore || dropped.length > 0 ||
      before > this.#candidates.length + this.#busy.length;
  }

  settle(unit: Unit): void {
    this.#plan.settle(this.#wholes.get(unit) ?? unit);
  }

  /** Checks the busy windows again; returns whether any of them is now free, or still busy. */
  recheck(): "free" | "busy" | "ended" {
    const parts = this.#busy.map((unit) => this.#claims.progress.partsOf(unit));
    this.#busy = parts.flatMap(({ busy }) => busy);
    this.#candidates.push(...parts.flatMap(({ free }) => free));
    return this.#candidates.length > 0 ? "free" : this.#busy.length > 0 ? "busy" : "ended";
  }

  async #take(): Promise<Unit | undefined> {
    for (;;) {
      const granted = this.#granted.shift();
      if (granted !== undefined) {
        if (this.#plan instanceof FeedPlan) {
          await this.#plan.locate(granted);
          return granted;
        }
        this.#claimAhead();
        return this.#cutAnew(this.#plan, granted);
      }
      if (!this.#claims.areShared) {
        const unit = await this.#plan.next();
        return unit && this.#claims.handOut(unit);
      }
      const isClaimed = await (this.#claiming ?? this.#claim());
      if (!isClaimed) return undefined;
    }
  }

  /** A part of a window that was too full, cut again with the parts of the same claim; the rest stays claimed. */
  #cutAnew(plan: StreamPlan, unit: Unit): Unit {
    if (!this.#parts.has(unit)) return unit;
    const others = this.#granted.filter((other) => this.#parts.has(other));
    const siblings = others.filter((other) => this.#claims.shareOne(unit, other));
    const left = [...siblings];
    const part = plan.cutAnew(unit, left);
    const kept = this.#granted.filter((other) => !siblings.includes(other));
    this.#granted.splice(0, this.#granted.length, ...left, ...kept);
    this.#claims.replace([unit, ...siblings], [part, ...left]);
    for (const one of [part, ...left]) this.#parts.add(one);
    return part;
  }

  /**
   * Claims before the last windows are handed out, so that nobody waits for the database: all windows in flight may
   * end at once.
   */
  #claimAhead(): void {
    const few = this.#areLast ? this.#inFlight : Math.max(this.#size / 2, this.#inFlight);
    if (this.#granted.length >= few || this.#claiming !== undefined || !this.#claims.areShared) {
      return;
    }
    if (this.#plan.isWaiting || this.#isEnding) return;
    const claiming = this.#claim();
    this.#claiming = claiming;
    const next = (isClaimed: boolean) => {
      this.#claiming = undefined;
      if (isClaimed) this.#claimAhead();
    };
    // What it proposed was lost with it, so the error is kept for the next call that waits for a unit.
    claiming.then(next, () => {});
  }

  /** Claims the next windows; false if the plan has no more, though others may be busy with some. */
  async #claim(): Promise<boolean> {
    this.#adapt();
    const candidates = await this.#lookAhead();
    if (candidates.length === 0) return false;
    const limit = Math.max(this.#size, this.#waiting);
    const how = this.#areLast ? { limit, atLeast: Math.max(1, this.#waiting) } : { limit };
    const most = Math.max(FEWEST_PROPOSED, PROPOSED_FOR_ONE * limit);
    const proposed = this.#areLast ? candidates : candidates.slice(0, most);
    const granted = await this.#claims.claim(this.name, proposed, how);
    this.#isEnding = this.#areLast && granted.size < Math.min(limit, this.#inFlight);
    this.#granted.push(...candidates.filter((unit) => granted.has(unit)));
    this.#candidates.unshift(...candidates.filter((unit) => !granted.has(unit)));
    return true;
  }

  /** The next windows that are free, as far as is known. */
  async #lookAhead(): Promise<Unit[]> {
    const ahead: Unit[] = [];
    const most = this.#mostAhead;
    this.#areLast = false;
    while (ahead.length < most) {
      if (this.#plan.isWaiting && ahead.length > 0) break;
      const candidate = this.#candidates.shift() ?? await this.#plan.next();
      if (candidate === undefined) {
        this.#areLast = true;
        break;
      }
      const { free, busy } = this.#claims.progress.partsOf(candidate);
      for (const part of [...free, ...busy]) {
        if (part !== candidate) this.#wholes.set(part, this.#wholes.get(candidate) ?? candidate);
      }
      this.#remember(busy);
      ahead.push(...free);
      // The end of a window that is not fetched here is never reported.
      if (free.length === 0) this.settle(candidate);
    }
    return ahead;
  }

  /** Windows whose length follows from what was fetched are not cut ahead. */
  get #mostAhead(): number {
    const wanted = Math.max(this.#size, this.#waiting);
    if (this.stream.window?.auto) return wanted;
    return Math.max(PROPOSED_FOR_ONE * wanted, Math.min(MOST_AHEAD, AHEAD_FOR_ONE * wanted));
  }

  #remember(busy: readonly Unit[]): void {
    this.#busy.push(...busy);
    if (this.#busy.length < BUSY_KEPT) return;
    const { progress } = this.#claims;
    this.#busy = this.#busy.flatMap((unit) => {
      const { free, busy } = progress.partsOf(unit);
      return [...free, ...busy];
    });
  }

  /** So many windows that a claim lasts a while: more where they are short. */
  #adapt(): void {
    const nowMs = this.#claims.now();
    const tookMs = nowMs - this.#claimedAtMs;
    this.#claimedAtMs = nowMs;
    if (tookMs === Infinity) return;
    const size = Math.round(this.#size * Math.min(2, Math.max(0.5, CLAIM_LASTS_MS / tookMs)));
    this.#size = Math.min(MOST_CLAIMED, Math.max(FEWEST_CLAIMED, size));
  }
}
