// The units of a stream for which no request can be sent, because a column that it uses is NULL. Pure.
import type { Unit } from "./unit.ts";

/** The stream of a plan, and what its `for_each` could not yield. */
export interface Refusing {
  /** Name of the stream. */
  readonly name: string;
  /** Canonical string of the parameters that the stream uses. */
  readonly scope: string;
  /** The values that `each` could not yield, once it has ended: the track, and why no request can be sent for it. */
  readonly refusals?: () => readonly { each: string; reason: string }[];
}

/** Yields the refused units; the first call to `next` reads them, after `for_each` has ended. */
export function* refusedUnits({ name, scope, refusals }: Refusing): Generator<Unit, undefined> {
  for (const { each, reason } of refusals?.() ?? []) {
    yield { stream: name, scope, each, eachValues: {}, window: null, refusal: reason };
  }
}
