/** How many words may be flags: those behind `--` are none. */
export function endOfFlags(argv: readonly string[]): number {
  const end = argv.indexOf("--");
  return end === -1 ? argv.length : end;
}
