/** What the objects that a restore created bear in their restored-from annotation. */
export function restoreMark(backup: string, restore: string): string {
  return `${backup}/${restore}`;
}
