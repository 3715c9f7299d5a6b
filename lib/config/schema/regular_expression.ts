// Decides whether a regular expression of a job may be used: it must compile, and must not contain a
// repetition within a repetition, which takes exponential time on input that an API could send.

/** What is wrong with a regular expression, or undefined. */
export function regularExpressionProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `cannot read the regular expression: ${text.replace(/^.*\/u?: /s, "").toLowerCase()}`;
  }
  return hasNestedRepetition(pattern)
    ? "the regular expression repeats a group that itself repeats; on some texts that takes for ever"
    : undefined;
}

/** Whether a group with an unbounded repetition in it is itself repeated without bound, as `(a+)*`. */
function hasNestedRepetition(pattern: string): boolean {
  const bare = pattern.replace(/\\./gs, "_").replace(/\[[^\]]*\]/g, "_");
  const groups: boolean[] = [];
  for (let at = 0; at < bare.length; at++) {
    if (bare[at] === "(") groups.push(false);
    else if (bare[at] === ")") {
      const repeats = groups.pop() ?? false;
      const isRepeated = unbounded(bare, at + 1);
      if (repeats && isRepeated) return true;
      if ((repeats || isRepeated) && groups.length > 0) groups[groups.length - 1] = true;
    } else if (unbounded(bare, at) && groups.length > 0) groups[groups.length - 1] = true;
  }
  return false;
}

function unbounded(pattern: string, at: number): boolean {
  return /^(?:[*+]|\{\d+,\})/.test(pattern.slice(at, at + 12));
}
