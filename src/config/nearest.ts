/** The names most like a mistyped one, best first: at most `count`, and only those near enough to be meant. */
export function nearest(name: string, names: Iterable<string>, count = 3): string[] {
  const reach = Math.max(2, Math.floor(name.length / 3));
  return [...new Set(names)]
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** ` (did you mean "a" or "b"?)`, or nothing when nothing is near. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const near = nearest(name, names).map((candidate) => `"${candidate}"`);
  return near.length > 0 ? ` (did you mean ${near.join(' or ')}?)` : '';
}

/** Edits between two words: letters added, left out or changed, neighbours swapped. */
function distance(a: string, b: string): number {
  // A part of a longer name counts as near: people leave out dates and prefixes.
  if (a.length >= 4 && b.includes(a)) return 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j]!, before[j - 2]! + 1);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
