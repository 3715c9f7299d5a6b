// Chooses an engine for a job's regular expression: V8 for texts that are short enough to take few steps
// whatever they contain, the linear matcher for longer ones. No text can make a match take long.
import { countSteps } from "./count_steps.ts";
import { LinearMatcher, type Match } from "./linear_matcher.ts";
import { type ParsedPattern, parsePattern, type PatternNode } from "./parse_pattern.ts";

/** Most characters of a text that a regular expression reads. */
const MAX_CHARS = 200_000;
/** Most characters of a text that V8 matches, so that the bound is found fast. */
const MAX_FAST_CHARS = 10_000;
/** Instructions times characters of the linear matcher: half a second and 12 MB. */
const MAX_WORK = 1e8;
/** An expression that only V8 can match must be fast on texts up to this length. */
const LEAST_CHARS = 1000;

/** A regular expression of a job. */
export interface Pattern {
  /** The expression, for V8. */
  readonly expression: RegExp;
  /** Most characters of a text that V8 matches; -1 if it matches none. */
  readonly fastChars: number;
  /** Most characters of a text that is matched at all. */
  readonly mostChars: number;
  /** Whether the expression has a group. */
  readonly hasGroup: boolean;
  /** The whole match and the first group, or null. The text has at most `mostChars` characters. */
  readonly exec: (text: string) => Match | null;
}

/** The expressions compiled so far; a job has few, and uses them in many columns. */
const compiled = new Map<string, Pattern>();

/**
 * Compiles a regular expression, once.
 *
 * @throws {SyntaxError} if it is invalid.
 * @throws {RangeError} if it could take too long; the message is the reason.
 */
export function compilePattern(source: string): Pattern {
  const pattern = compiled.get(source) ?? compile(source);
  compiled.set(source, pattern);
  return pattern;
}

function compile(source: string): Pattern {
  const expression = new RegExp(source, "u");
  const { node, groups, needsBacktracking } = parsePattern(source);
  // Found when a string is matched: a command that only reads the job does not need it.
  let found: number | undefined;
  const fastChars = () => found ??= fastCharsOf(node);
  const matcher = linearMatcherOf({ node, groups, needsBacktracking });
  if (matcher instanceof RangeError && fastChars() < LEAST_CHARS) {
    throw new RangeError(`${matcher.message}, and on some strings it takes too long`);
  }
  return {
    ...{ expression, hasGroup: groups > 0 },
    get fastChars() {
      return fastChars();
    },
    get mostChars() {
      if (matcher instanceof RangeError) return fastChars();
      return Math.max(fastChars(), Math.min(MAX_CHARS, Math.floor(MAX_WORK / matcher.size)));
    },
    exec: (text) =>
      matcher instanceof RangeError || text.length <= fastChars()
        ? expression.exec(text)
        : matcher.exec(text),
  };
}

/** The length up to which V8 takes few steps, found by bisection: longer texts take more steps. */
function fastCharsOf(node: PatternNode): number {
  if (countSteps(node, MAX_FAST_CHARS) < Infinity) return MAX_FAST_CHARS;
  let [fast, slow] = [-1, MAX_FAST_CHARS];
  while (slow - fast > 1) {
    const chars = Math.floor((fast + slow) / 2);
    if (countSteps(node, chars) < Infinity) fast = chars;
    else slow = chars;
  }
  return fast;
}

/** The linear matcher, or why there is none. */
function linearMatcherOf(parsed: ParsedPattern): LinearMatcher | RangeError {
  try {
    return new LinearMatcher(parsed);
  } catch (error) {
    if (error instanceof RangeError) return error;
    throw error;
  }
}
