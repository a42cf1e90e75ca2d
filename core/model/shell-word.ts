/** One word as a POSIX shell reads it, quoted where something in it could mean more: for commands that are printed to be typed. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
