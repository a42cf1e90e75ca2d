/** The few names somebody may have meant, nearest first; without a near one, the first of all there are. */
export function nearNames(wanted: string, names: Iterable<string>): readonly string[] {
  const scored = [...names].map((name) => ({ name, distance: distanceOf(wanted, name) }));
  // A third of the letters wrong still looks like a slip; more looks like another name.
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const near = scored.filter(({ distance }) => distance <= limit).sort((a, b) => a.distance - b.distance);
  const shown = near.length > 0 ? near : scored.sort((a, b) => (a.name < b.name ? -1 : 1));
  return shown.slice(0, 5).map(({ name }) => name);
}

/** Edits by letter (Levenshtein's), except that a name which contains the wanted one is one step away. */
function distanceOf(wanted: string, name: string): number {
  if (wanted !== "" && name.includes(wanted)) return 1;
  const first = Array.from({ length: name.length + 1 }, (_, index) => index);
  return [...wanted].reduce((row, letter) => nextRow(row, letter, name), first).at(-1) ?? 0;
}

function nextRow(row: readonly number[], letter: string, name: string): number[] {
  const next = [at(row, 0) + 1];
  for (let index = 0; index < name.length; index += 1) {
    const replaced = at(row, index) + (name[index] === letter ? 0 : 1);
    next.push(Math.min(replaced, at(row, index + 1) + 1, at(next, index) + 1));
  }
  return next;
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
