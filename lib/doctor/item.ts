// Owns one line of `doctor`: what was checked, whether it is in order, and what to do if it is not. Pure.
import { Failure } from "../failure.ts";

/** One line of `doctor`; its field names are stable in `doctor --json`. */
export interface Item {
  /** What was checked. */
  readonly name: string;
  /** Whether it is in order. */
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do; null if there is nothing to improve. */
  readonly do: string | null;
}

/** A check that passed. */
export function fine(name: string, found: string): Item {
  return { name, ok: true, found, do: null };
}

/** A check that passed, with a recommendation. */
export function advice(name: string, found: string, todo: string): Item {
  return { name, ok: true, found, do: todo };
}

/** A check that failed. */
export function problem(name: string, found: string, todo: string): Item {
  return { name, ok: false, found, do: todo };
}

/** A check that failed with an error; the hint of a Failure replaces `todo`. */
export function problemOf(name: string, error: unknown, todo: string): Item {
  const message = error instanceof Error ? error.message : String(error);
  return problem(name, message, (error instanceof Failure ? error.hint : undefined) ?? todo);
}
