// Owns what a checkpoint records about a window whose rows have committed. Types only.
import type { RangeState } from "../plan/coverage.ts";
import type { Window } from "../plan/time/window.ts";
import type { RejectedWindow } from "./retry_entry.ts";

/** A window whose rows have committed. */
export interface DoneWindow extends RejectedWindow {
  /** Whether it is a page of a feed; then `rejectedCount` is of all pages of the feed. */
  readonly isPage?: boolean;
  /** Parts of the window with their state; ignored without a window. */
  readonly parts: readonly (Window & RangeState)[];
}
