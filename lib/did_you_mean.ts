// Suggests the known word that was probably meant by an unknown one. If more than a third of the word
// differs from every candidate, there is no suggestion, which is better than a wrong one.

/** Bounds on the candidates and on the length of a word, for absurd input. */
const MOST_CANDIDATES = 2000;
const LONGEST_WORD = 80;

/**
 * The candidate with the smallest edit distance to the word, or undefined if none is near.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(suggest("colums", ["key", "columns", "merge"]), "columns");
 * assertEquals(suggest("primary", ["key", "columns", "merge"]), undefined);
 * ```
 */
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

/** The candidate of which the word is a prefix, or the reverse, if there is exactly one. */
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

/** Number of insertions, deletions, replacements and transpositions between two words. */
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
