// Decides whether a value of an unexpected kind matters: a condition on the elements above may
// exclude all rows below it.
import type { Condition } from "./condition.ts";
import type { Frame } from "./each.ts";
import { walk } from "./path.ts";

/** Whether a condition on a frame, or on one above it, does not hold; the elements are `below` levels further down. */
export function isExcludedByCondition(
  conditions: readonly Condition[],
  frame: Frame,
  below: number,
): boolean {
  return conditions.some(({ path: { root, up, steps }, holds }) => {
    if (root === "record") return !holds(walk(top(frame).element, steps));
    if (up < below) return false;
    const above = ancestor(frame, up - below);
    if (above === null) return false;
    if (root === "element") return !holds(walk(above.element, steps));
    return root === "key" && !holds(above.key);
  });
}

/** Number of elements above a frame. */
export function depthOf({ up }: Frame): number {
  return up === null ? 0 : depthOf(up) + 1;
}

function top(frame: Frame): Frame {
  return frame.up === null ? frame : top(frame.up);
}

function ancestor(frame: Frame | null, up: number): Frame | null {
  return frame === null || up === 0 ? frame : ancestor(frame.up, up - 1);
}
