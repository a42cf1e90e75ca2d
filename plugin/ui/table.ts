/**
 * kubectl's tables: upper-case headers, columns padded by spaces, no borders. Control characters in names are escaped,
 * so that an object's name can neither move the cursor nor break a line.
 */
export type Row = readonly string[];

export function renderTable(header: Row, rows: readonly Row[]): string {
  const lines = [header, ...rows.map((row) => row.map(escapeControl))];
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => displayWidth(line[column] ?? ""))),
  );
  return `${lines.map((line) => renderLine(line, widths)).join("\n")}\n`;
}

function renderLine(line: Row, widths: readonly number[]): string {
  const last = line.length - 1;
  return line
    .map((cell, column) =>
      column === last ? cell : cell + " ".repeat((widths[column] ?? 0) - displayWidth(cell) + 2),
    )
    .join("")
    .trimEnd();
}

/** Two-column lists such as those of describe: `Name:    value`. */
export function renderFields(fields: readonly (readonly [string, string])[], indent = ""): string {
  const width = Math.max(...fields.map(([name]) => name.length)) + 1;
  return fields
    .map(([name, value]) => `${indent}${`${name}:`.padEnd(width + 1)} ${escapeControl(value)}\n`)
    .join("");
}

/** C0, DEL, C1, line separators and direction overrides as \x.. or \u....; everything else as it is. */
export function escapeControl(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/** Columns on a terminal: wide East Asian characters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.normalize("NFC")) {
    if (/\p{Mark}/u.test(character)) continue;
    width +=
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
