// Guesses the format of a response that does not have the declared one. Pure. Invariant: it guesses a
// format only where two lines of the response agree with it.

/** Lines of a response that are examined. */
const LINES = 20;

/** What to write in the job for a response with this text, such as `format: ndjson`; undefined where no format fits. */
export function guessFormat(text: string): string | undefined {
  const lines = text.slice(0, 1 << 16).split(/\r?\n/).filter((line) => line.trim() !== "")
    .slice(0, LINES);
  if (lines.length > 0 && isJson(text)) return "format: json";
  if (lines.length > 1 && lines.slice(0, -1).every(isJson)) return "format: ndjson";
  if (isXml(text)) return "format: xml";
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

/** Whether a text begins with an XML declaration or an element that is not a web page's. */
function isXml(text: string): boolean {
  return /^\s*<(\?xml\s|(?!html[\s>])[A-Za-z_][\w.-]*(:[\w.-]+)?[\s/>])/i.test(text);
}

function isComment(line: string): boolean {
  return line.startsWith("#");
}

/** Whether every line contains the delimiter equally often, at least once; the last line may be truncated. */
function isTable(lines: readonly string[], mark: string): boolean {
  const counts = lines.map((line) => line.replace(/"[^"]*"/g, "").split(mark).length - 1);
  const whole = counts.length > 2 ? counts.slice(0, -1) : counts;
  return whole.length > 1 && whole[0]! > 0 && whole.every((count) => count === whole[0]);
}
