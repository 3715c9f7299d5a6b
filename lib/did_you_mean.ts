// Owns the guess at what somebody meant by a word that is not known. It never guesses far: a word
// more than a third away from every candidate has no suggestion, which is better than a wrong one.

/** Candidates looked at, and characters of each: bounds the work for absurd input. */
const MOST_CANDIDATES = 2000;
const LONGEST_WORD = 80;

/** The candidate nearest to the word by edit distance, or undefined where none is near. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 0.5;
  let looked = 0;
  for (const candidate of candidates) {
    if (looked++ >= MOST_CANDIDATES) break;
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(fold(word), fold(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? prefixed(word, candidates);
}

/** `did you mean "x"?` for the nearest candidate, else undefined. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const guess = suggest(word, candidates);
  return guess === undefined ? undefined : `did you mean "${guess}"?`;
}

/** The only candidate that begins with the word, or that the word begins with. */
function prefixed(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length < 3) return undefined;
  const found = [...candidates].slice(0, MOST_CANDIDATES).filter((candidate) =>
    candidate !== word && candidate.length >= 3 &&
    (candidate.startsWith(word) || word.startsWith(candidate))
  );
  return found.length === 1 ? found[0] : undefined;
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll("-", "_");
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length]!;
}
