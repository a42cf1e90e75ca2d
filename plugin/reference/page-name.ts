import type { CommandDefinition } from "#plugin/command.ts";

/** `location-add` of `kubectl backup location add`. */
export function pageName({ words }: CommandDefinition): string {
  return words.join("-");
}
