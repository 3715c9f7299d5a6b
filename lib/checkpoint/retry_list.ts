// Owns the windows that are to be asked again, in memory as in KV: which parts of them are left, and
// when they are forgotten. What changes is returned and written by checkpoint.ts, together with what
// else happened. A trouble is one value, and more where its rejected rows do not fit one.
import { subtract } from "../plan/coverage.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import type { Change } from "./change.ts";
import { deletion } from "./change.ts";
import { entries } from "./open_kv.ts";
import type { RetryEntry } from "./retry_entry.ts";
import { byTrackAndDate, rejectedTrouble, sameTrack } from "./retry_entry.ts";

/** Rejections of one value; each is at most 6.5 KiB, a value 64 KiB. */
const REJECTIONS_PER_VALUE = 7;
/** Parts of a window still to be asked again that are kept apart, 25 bytes each; beyond it, all of it is. */
const PARTS_KEPT = 500;

/** A trouble with its keys and the parts of its window that are still to be asked again. */
interface OpenTrouble {
  trouble: RetryEntry;
  readonly keys: Deno.KvKey[];
  rest: readonly Window[];
}

/** The first value of a trouble: all but the rejections that have values of their own. */
interface StoredTrouble extends RetryEntry {
  /** Parts still to be asked again; absent for all of the window. */
  readonly rest?: readonly Window[];
}

/** The windows of a job that are to be asked again. */
export class RetryList {
  readonly #prefix: Deno.KvKey;
  readonly #open: OpenTrouble[];

  /** Reads the troubles that stand under the keys of a job. */
  static async load(kv: Deno.Kv, prefix: Deno.KvKey): Promise<RetryList> {
    const open: OpenTrouble[] = [];
    for (const kind of ["failed", "rejected"] as const) {
      for await (const entry of entries<StoredTrouble>(kv, { prefix: [...prefix, kind] })) {
        const last = open.at(-1);
        if (Number(entry.key.at(-1)) > 0 && last !== undefined) addValue(last, entry);
        else open.push(opened(entry));
      }
    }
    return new RetryList(prefix, open);
  }

  private constructor(prefix: Deno.KvKey, open: OpenTrouble[]) {
    this.#prefix = prefix;
    this.#open = open;
  }

  /** All of them, stream by stream in the order of their dates. */
  list(): RetryEntry[] {
    return this.#open.map(({ trouble }) => trouble).sort(byTrackAndDate);
  }

  /** Whether there is one of a track. */
  has(track: Track): boolean {
    return this.#open.some(({ trouble }) => sameTrack(trouble, track));
  }

  /** The parts of a track's windows that are left; they may overlap. */
  rest(track: Track): Window[] {
    return this.#open.filter(({ trouble }) => sameTrack(trouble, track))
      .flatMap(({ rest }) => rest);
  }

  /** Adds one; failures that it holds wholly are dropped, so that a stretch that never succeeds has but one. */
  add(trouble: RetryEntry): Change[] {
    const superseded = trouble.kind === "failed"
      ? this.#drop((open) =>
        open.trouble.kind === "failed" && sameTrack(open.trouble, trouble) &&
        without(open.rest, trouble.window).length === 0
      )
      : [];
    const values = valuesOf(trouble).map((value, i) => ({ key: this.#key(trouble, i), value }));
    const keys = values.map(({ key }) => key);
    this.#open.push({ trouble, keys, rest: trouble.window === null ? [] : [trouble.window] });
    return [...superseded, ...values.map(({ key, value }) => ({ key, value: () => value }))];
  }

  /**
   * Takes a window that is done off what is to be asked again; `before` (epoch milliseconds) leaves
   * alone what has come up since.
   */
  resolve(track: Track, window: Window | null, before = Infinity): Change[] {
    const shorter: Change[] = [];
    const resolved = this.#drop((open) => {
      if (!sameTrack(open.trouble, track) || Date.parse(open.trouble.at) >= before) return false;
      const rest = without(open.rest, window);
      if (minutesOf(rest) < minutesOf(open.rest)) {
        open.rest = rest;
        shorter.push({ key: open.keys[0]!, value: () => firstValue(open) });
      }
      return rest.length === 0;
    });
    return [...shorter, ...resolved];
  }

  /**
   * Takes in what the target's ledger says of a window that was fetched at `at`: it is off what had come
   * up before, and to be asked again where rows were rejected, unless that is known and with their values.
   */
  restore(done: Track & { window: Window | null }, rejected: number, at: number): Change[] {
    const resolved = this.resolve(done, done.window, at);
    if (rejected === 0) return resolved;
    const isKnown = this.#open.some(({ trouble }) =>
      trouble.kind === "rejected" && sameTrack(trouble, done) && covers(trouble.window, done.window)
    );
    if (isKnown) return resolved;
    return [...resolved, ...this.add(rejectedTrouble(done, done.window, [], rejected, at))];
  }

  /** Forgets all of them. */
  clear(): Change[] {
    return this.#drop(() => true);
  }

  #drop(isDropped: (open: OpenTrouble) => boolean): Change[] {
    const changes: Change[] = [];
    for (let i = this.#open.length - 1; i >= 0; i--) {
      if (!isDropped(this.#open[i]!)) continue;
      changes.push(...this.#open[i]!.keys.map(deletion));
      this.#open.splice(i, 1);
    }
    return changes;
  }

  #key({ kind, stream, scope, each, window }: RetryEntry, value: number): Deno.KvKey {
    const dates = [window?.from ?? -1, window?.to ?? -1];
    return [...this.#prefix, kind, stream, scope, each, ...dates, value];
  }
}

function opened({ key, value }: Deno.KvEntry<StoredTrouble>): OpenTrouble {
  const { rest, ...trouble } = value;
  const all = trouble.window === null ? [] : [trouble.window];
  return { trouble, keys: [key], rest: rest ?? all };
}

function addValue(open: OpenTrouble, { key, value }: Deno.KvEntry<StoredTrouble>): void {
  open.keys.push(key);
  open.trouble = { ...open.trouble, rejected: [...open.trouble.rejected, ...value.rejected] };
}

/** A trouble as values that each fit KV, the rejected rows shared out over them. */
function valuesOf(trouble: RetryEntry): StoredTrouble[] {
  const values: StoredTrouble[] = [];
  for (let i = 0; i < Math.max(trouble.rejected.length, 1); i += REJECTIONS_PER_VALUE) {
    values.push({ ...trouble, rejected: trouble.rejected.slice(i, i + REJECTIONS_PER_VALUE) });
  }
  return values;
}

function firstValue({ trouble, rest }: OpenTrouble): StoredTrouble {
  return { ...valuesOf(trouble)[0]!, ...(rest.length <= PARTS_KEPT && { rest }) };
}

/** Whether a window holds all of another. */
function covers(window: Window | null, other: Window | null): boolean {
  if (window === null || other === null) return window === other;
  return subtract(other, [window]).length === 0;
}

/** The parts outside a window; none where there are no dates to tell apart. */
function without(parts: readonly Window[], window: Window | null): Window[] {
  return window === null ? [] : parts.flatMap((part) => subtract(part, [window]));
}

function minutesOf(parts: readonly Window[]): number {
  return parts.reduce((sum, part) => sum + part.to - part.from, 0);
}
