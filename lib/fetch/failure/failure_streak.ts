// Decides what a failed window means for the others: whether they continue, whether the other windows of its `for_each`
// value are set aside, or whether the run stops. Invariant: one value that always fails never stops the others; an
// API that refuses several values without one success stops the run.
import type { Failure } from "../../failure.ts";
import type { Unit } from "../../plan/unit.ts";

/** What follows a failed window. */
export type Consequence = "continue" | "set aside" | "stop";

/** Windows of one value that fail in a row before its others are set aside. */
const FAILURES_PER_VALUE = 3;
/**
 * Number of first responses in another shape without any records after which a run stops; a single one may be an
 * exception.
 */
export const MISSHAPEN = 2;
/** Values that are refused before the first success, after which the credentials are assumed to be the cause. */
const REFUSED_VALUES = 2;

/** Counts failures in a row, over all streams of a stage. */
export class FailureStreak {
  readonly #stopAfter: number;
  /** What failed since the last success: values of `for_each`, or windows of a stream without `for_each`. */
  readonly #failed = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #perValue = new Map<string, number>();
  /** Streams of which a window was read completely. */
  readonly #read = new Set<string>();
  readonly #isResumed: boolean;
  #hasSucceeded = false;
  #refusal: Failure | undefined;

  /** Stops after `stopAfter` different values or windows in a row; a resumed run begins with what failed before. */
  constructor(stopAfter: number, isResumed = false) {
    this.#stopAfter = stopAfter;
    this.#isResumed = isResumed;
  }

  /** How many different values or windows failed in a row. */
  get length(): number {
    return this.#failed.size;
  }

  /** The refusal of every value that was requested, if nothing has succeeded. */
  get refusal(): Failure | undefined {
    return this.#hasSucceeded ? undefined : this.#refusal;
  }

  /** Records a window that was read completely. */
  succeeded(unit: Unit): void {
    this.#hasSucceeded = true;
    this.#read.add(unit.stream);
    this.#failed.clear();
    this.#perValue.delete(valueOf(unit));
  }

  /** Records a failed window, and decides what follows. */
  failed(unit: Unit, failure: Failure): Consequence {
    const isValue = unit.each !== "";
    const value = valueOf(unit);
    this.#failed.add(isValue ? value : `${value} ${unit.window?.from}`);
    if (failure.kind === "refused") {
      this.#refusal = failure;
      this.#refused.add(value);
      if (!this.#hasSucceeded && this.#refused.size >= REFUSED_VALUES) return "stop";
    }
    if (this.#failed.size >= this.#stopAfter || this.#isMistaken(unit, failure)) return "stop";
    const count = (this.#perValue.get(value) ?? 0) + 1;
    this.#perValue.set(value, count);
    const isOver = failure.kind === "refused" || count >= FAILURES_PER_VALUE;
    return isValue && isOver ? "set aside" : "continue";
  }

  /** Whether the first responses of a stream show that the job declares another shape. */
  #isMistaken({ stream, each }: Unit, { wrongShape }: Failure): boolean {
    if (wrongShape === undefined || each !== "" || this.#isResumed) return false;
    return !this.#read.has(stream) && (wrongShape === "moved" || this.#failed.size >= MISSHAPEN);
  }
}

function valueOf({ stream, scope, each }: Unit): string {
  return JSON.stringify([stream, scope, each]);
}
