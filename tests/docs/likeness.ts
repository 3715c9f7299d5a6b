// Owns the comparison of what a page shows with what a command printed. What differs from run to run is
// taken out of both: times, durations, ids, and what depends on which response came first. A line
// `...` of a page stands for any lines. Pure.

/** Whether a command printed what a page shows; `loose` compares the kinds of lines, not their figures. */
export function isLike(shown: readonly string[], printed: readonly string[], loose: boolean) {
  return loose ? hasKinds(shown, printed) : matches(plain(shown), plain(printed));
}

/** The lines of one that the other does not have, without what differs from run to run. */
export function differences(shown: readonly string[], printed: readonly string[]): string {
  const [left, right] = [plain(shown), plain(printed)];
  return [
    ...left.filter((line) => !right.includes(line)).map((line) => `only shown: ${line}`),
    ...right.filter((line) => !left.includes(line)).map((line) => `only printed: ${line}`),
  ].join("\n");
}

/** Lines without what differs from run to run; windows that were done side by side come sorted. */
function plain(lines: readonly string[]): string[] {
  const texts = lines.map(plainLine);
  while (texts.at(-1) === "") texts.pop();
  for (let from = 0; from < texts.length; from++) {
    let to = from;
    while (to < texts.length && isWindow(texts[to]!)) to++;
    texts.splice(from, to - from, ...texts.slice(from, to).toSorted());
    from = to;
  }
  return texts;
}

function plainLine(line: string): string {
  return line
    .replace(/\d{8}T\d{6}Z-[0-9a-f]{4}/g, "RUN")
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, "TIME")
    .replace(/\b[\d.]+( ms| s| min| h)\b/g, "N$1")
    // Racecards and results of a race arrive in any order: the second is the change.
    .replace(/[\d,]+ changed +[\d,]+ unchanged/, "N changed N unchanged")
    .replace(/^( {2}\S+ .*\brows?\b) .*$/, "$1")
    // The pages show the embedded database, the test has a server.
    .replace(/pglite:[\w./]+|postgres:\/\/[\w:@.]+\/\w+/g, "DATABASE")
    .replace(/^(ok +rights +)"\w+"/, "$1")
    .replace(/PostgreSQL [\d.]+/, "PostgreSQL N")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    // Requests (some may be in flight at a Ctrl+C) and seconds of a run have columns of their own.
    .replace(/^(TIME .*(?:done|failed|interrupted) +\d+) .*$/, "$1")
    .replace(/\s+/g, " ")
    .trimEnd();
}

function isWindow(line: string): boolean {
  return /^ \S+ (all|\d{4}-\d\d-\d\d.*) \d+ pages? \d+/.test(line);
}

/** Whether lines are those shown, where `...` is any number of lines. */
function matches(shown: readonly string[], printed: readonly string[]): boolean {
  const at = shown.indexOf("...");
  if (at < 0) {
    return shown.length === printed.length && shown.every((line, i) => line === printed[i]);
  }
  if (!matches(shown.slice(0, at), printed.slice(0, at))) return false;
  const [rest, left] = [shown.slice(at + 1), printed.slice(at)];
  if (rest.length === 0) return true;
  return left.some((_, skipped) => matches(rest, left.slice(skipped)));
}

/** Whether every kind of line shown was printed, in the same order. */
function hasKinds(shown: readonly string[], printed: readonly string[]): boolean {
  const kind = (line: string) => plainLine(line).replace(/\d[\d,.-]*/g, "0");
  const kinds = printed.map(kind);
  let from = 0;
  for (const line of shown.map(kind).filter((line) => line !== "" && !isLoose(line))) {
    const at = kinds.indexOf(line, from);
    if (at < 0) return false;
    from = at;
  }
  return true;
}

/** Lines that a run may or may not print. */
function isLoose(line: string): boolean {
  return line === "..." || /^ \S+ (all|0.*) 0 (page|new)|0 (page|new) /.test(line);
}
