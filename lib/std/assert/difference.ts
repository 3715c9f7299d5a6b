// Formats values for messages: one value alone, and two values compared line by line. It never decides
// whether two values differ. Invariant: the comparison takes bounded time; what is longer than MOST_CELLS
// allows is shown as removed and added as a whole.

/** Most pairs of lines that are compared. */
const MOST_CELLS = 4_000_000;

/** Shows one value completely, on several lines where it is long, with sorted keys. */
export function show(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
    getters: true,
  });
}

/** Shows two values line by line: `-` marks lines of the actual value only, `+` of the expected one. */
export function difference(actual: unknown, expected: unknown): string {
  const areTexts = typeof actual === "string" && typeof expected === "string";
  const [left, right] = [actual, expected].map((value) =>
    (areTexts ? value as string : show(value)).split("\n")
  );
  const lines = compare(left!, right!).map(({ sign, line }) => `${sign}   ${line}`);
  return ["", "", "    [Diff] Actual / Expected", "", "", ...lines, ""].join("\n");
}

interface Line {
  readonly sign: " " | "-" | "+";
  readonly line: string;
}

function compare(left: readonly string[], right: readonly string[]): Line[] {
  let [from, leftEnd, rightEnd] = [0, left.length, right.length];
  while (from < leftEnd && from < rightEnd && left[from] === right[from]) from++;
  while (leftEnd > from && rightEnd > from && left[leftEnd - 1] === right[rightEnd - 1]) {
    leftEnd--;
    rightEnd--;
  }
  const [removed, added] = [left.slice(from, leftEnd), right.slice(from, rightEnd)];
  return [
    ...signed(" ", left.slice(0, from)),
    ...removed.length * added.length > MOST_CELLS
      ? [...signed("-", removed), ...signed("+", added)]
      : align(removed, added),
    ...signed(" ", left.slice(leftEnd)),
  ];
}

/** Aligns lines by their longest common subsequence; where lines were replaced, the longer side comes first. */
function align(left: readonly string[], right: readonly string[]): Line[] {
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j]!;
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i * width + j] = left[i] === right[j]
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  const isAddedFirst = right.length > left.length;
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) {
      lines.push({ sign: " ", line: left[i++]! });
      j++;
      continue;
    }
    const gain = at(i, j + 1) - at(i + 1, j);
    if (gain > 0 || gain === 0 && isAddedFirst) lines.push({ sign: "+", line: right[j++]! });
    else lines.push({ sign: "-", line: left[i++]! });
  }
  return [...lines, ...signed("-", left.slice(i)), ...signed("+", right.slice(j))];
}

function signed(sign: Line["sign"], lines: readonly string[]): Line[] {
  return lines.map((line) => ({ sign, line }));
}
