// Bounds how many steps a backtracking engine takes for a regular expression and a text length, regardless of
// the text: every choice is counted as if both sides were tried to the end.
import type { PatternNode, RepeatNode } from "./parse_pattern.ts";

/** What is tried after a part: how many steps it takes, and whether it can fail, so that others are tried. */
interface Rest {
  readonly steps: number;
  readonly canFail: boolean;
}

/** Most steps that are counted, about two milliseconds of V8; more is Infinity. */
const MAX_STEPS = 1_000_000;

const DONE: Rest = { steps: 1, canFail: false };

/** The most steps that a search of a text of `chars` characters takes; Infinity where that takes long. */
export function countSteps(node: PatternNode, chars: number): number {
  const starts = isAnchored(node) ? 1 : chars + 1;
  return starts * countStepsAt(node, chars, MAX_STEPS / starts);
}

/** The same for a match that must start at one given place; Infinity if it takes more than `most` steps. */
export function countStepsAt(node: PatternNode, chars: number, most: number = MAX_STEPS): number {
  return stepsOf(node, DONE, { chars, most }).steps;
}

/** Characters of the text, and the steps from which on counting is pointless. */
interface Bounds {
  readonly chars: number;
  readonly most: number;
}

/** Whether the part can match the empty string. */
export function matchesEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case "char":
      return false;
    case "assertion":
      return true;
    case "sequence":
      return node.nodes.every(matchesEmpty);
    case "choice":
      return node.nodes.some(matchesEmpty);
    case "group":
      return matchesEmpty(node.node);
    case "repeat":
      return node.min === 0 || matchesEmpty(node.node);
  }
}

function stepsOf(node: PatternNode, rest: Rest, bounds: Bounds): Rest {
  if (rest.steps === Infinity) return rest;
  switch (node.kind) {
    case "char":
      return { steps: bounded(bounds, rest.steps + 1), canFail: true };
    case "assertion": {
      const around = node.around === undefined ? 1 : stepsOf(node.around, DONE, bounds).steps;
      return { steps: bounded(bounds, rest.steps + around), canFail: true };
    }
    case "sequence":
      return node.nodes.reduceRight((after, one) => stepsOf(one, after, bounds), rest);
    case "choice": {
      const branches = node.nodes.map((one) => stepsOf(one, rest, bounds));
      const steps = branches.reduce((sum, branch) => sum + branch.steps, 1);
      return { steps: bounded(bounds, steps), canFail: branches.every(({ canFail }) => canFail) };
    }
    case "group":
      return stepsOf(node.node, rest, bounds);
    case "repeat":
      return stepsOfRepeat(node, rest, bounds);
  }
}

function stepsOfRepeat({ node, min, max }: RepeatNode, rest: Rest, bounds: Bounds): Rest {
  const optional = Math.min(max - min, bounds.chars + 1);
  let after = rest;
  if (!rest.canFail) {
    const once = stepsOf(node, { steps: 1, canFail: matchesEmpty(node) }, bounds);
    after = { steps: bounded(bounds, rest.steps + optional * once.steps), canFail: false };
  } else {
    for (let n = 0; n < optional && after.steps < Infinity; n++) {
      after = {
        steps: bounded(bounds, 1 + rest.steps + stepsOf(node, after, bounds).steps),
        canFail: true,
      };
    }
  }
  for (let n = 0; n < min && after.steps < Infinity; n++) after = stepsOf(node, after, bounds);
  return after;
}

/** Whether a match can only start at the start of the text. */
function isAnchored(node: PatternNode): boolean {
  switch (node.kind) {
    case "assertion":
      return node.source === "^";
    case "sequence":
      return node.nodes[0] !== undefined && isAnchored(node.nodes[0]);
    case "choice":
      return node.nodes.every(isAnchored);
    case "group":
      return isAnchored(node.node);
    default:
      return false;
  }
}

function bounded({ most }: Bounds, steps: number): number {
  return steps > most ? Infinity : steps;
}
