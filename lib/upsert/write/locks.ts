// Owns the interface of the locks that a process holds on a target. Types only.
import type { Failure } from "../../failure.ts";
import type { LockHolder } from "./target.ts";

/** The locks that a process holds on a target. */
export interface Locks extends AsyncDisposable {
  /**
   * Takes the lock of a job; Hindcast's own tables exist.
   *
   * @throws {Failure} of kind `locked` if another process holds it.
   */
  take(job: string, holder: LockHolder): Promise<AsyncDisposable>;
  /** Statements that fail unless every lock is still held; they come last in a transaction. */
  guards(): readonly string[];
  /** The failure of a write whose guard failed. */
  lost(cause: unknown): Promise<Failure>;
}
