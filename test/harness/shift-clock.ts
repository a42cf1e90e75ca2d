/** The environment of a Node program that believes that it is so much later than it is, or earlier. */
export function clockShiftedBy(ms: number): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import=${new URL("./shifted-clock.ts", import.meta.url)}`,
    CLOCK_SHIFT_MS: String(ms),
  };
}
