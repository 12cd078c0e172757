/**
 * Did you mean?
 *
 * @module
 */

/** Longer words are nobody's typing slip. */
const MAX_WORD = 40;

/** The candidate that was probably meant by `word`, if one is near enough. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const begun = word.length >= 3 && candidate.startsWith(word);
    // One slip for every three letters; a word that was only begun is nearer than any slip.
    if (distance > Math.ceil(Math.max(word.length, 3) / 3) && !begun) continue;
    const score = begun ? 0.5 : distance;
    if (score < bestDistance) [best, bestDistance] = [candidate, score];
  }
  return best;
}

/** Letters to insert, drop, change or swap with their neighbour (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      row.push(cost);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
