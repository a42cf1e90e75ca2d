const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;

/** `45s`, `90m`, `30h`, `3d`: the largest unit of which there are two or more, rounded down. */
export function inShort(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
