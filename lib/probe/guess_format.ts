// Owns the guess at the format of an answer that is not of the one declared. Pure. Invariant: it guesses
// nothing where a reader of that format would not find two lines alike.

/** Lines of an answer that are looked at. */
const LINES = 20;

/** What to write in the job for an answer of that text, such as `format: ndjson`; undefined where it is like nothing known. */
export function guessFormat(text: string): string | undefined {
  const lines = text.slice(0, 1 << 16).split(/\r?\n/).filter((line) => line.trim() !== "")
    .slice(0, LINES);
  if (lines.length > 0 && isJson(text)) return "format: json";
  if (lines.length > 1 && lines.slice(0, -1).every(isJson)) return "format: ndjson";
  const [comments, data] = [lines.filter(isComment), lines.filter((line) => !isComment(line))];
  const delimiter = [",", ";", "\t", "|"].find((mark) => isTable(data, mark));
  if (delimiter === undefined) return undefined;
  const own = delimiter === "," ? "" : `, delimiter: ${JSON.stringify(delimiter)}`;
  return `format: csv${own}${comments.length === 0 ? "" : ', comment: "#"'}`;
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function isComment(line: string): boolean {
  return line.startsWith("#");
}

/** Whether every line has the same number of that mark, and any at all; a last line may be cut off. */
function isTable(lines: readonly string[], mark: string): boolean {
  const counts = lines.map((line) => line.replace(/"[^"]*"/g, "").split(mark).length - 1);
  const whole = counts.length > 2 ? counts.slice(0, -1) : counts;
  return whole.length > 1 && whole[0]! > 0 && whole.every((count) => count === whole[0]);
}
