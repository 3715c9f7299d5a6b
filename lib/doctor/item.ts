// Owns what an examination says: a thing, whether it is well, and what to do where it is not. Pure.
import { Failure } from "../failure.ts";

/** One line of `doctor`; its field names are a promise of `doctor --json`. */
export interface Item {
  /** What was examined. */
  readonly name: string;
  /** Whether it is well. */
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do; null where all is well. */
  readonly do: string | null;
}

/** A thing that is well. */
export function fine(name: string, found: string): Item {
  return { name, ok: true, found, do: null };
}

/** A thing that is not. */
export function problem(name: string, found: string, todo: string): Item {
  return { name, ok: false, found, do: todo };
}

/** A thing that an error showed not to be well. */
export function problemOf(name: string, error: unknown, todo: string): Item {
  const message = error instanceof Error ? error.message : String(error);
  return problem(name, message, (error instanceof Failure ? error.hint : undefined) ?? todo);
}
