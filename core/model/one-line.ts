/** About as much as a terminal shows at once. */
const LONGEST = 1000;

/** What somebody else wrote, as a part of a line that people read: in a terminal nothing of it may act. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ");
}

export function shortLine(text: string): string {
  const plain = oneLine(text);
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, "")}…` : plain;
}
