// Decides how long a process waits before it looks again at what other processes do. The pauses grow with the time
// that has passed, so that a short wait ends soon after its cause and a long one costs the database little. Pure.

/** Time before the first look. */
const FIRST_MS = 15;
/** Longest time between two looks. */
const LONGEST_MS = 250;
/** Each pause is a quarter longer: a wait lasts at most about a quarter longer than it has to. */
const GROWTH = 1.25;

/** Milliseconds before the next look, after so many. */
export function lookPauseMs(looks: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * GROWTH ** looks);
}
