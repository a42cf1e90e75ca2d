import type { Flags } from "./command.ts";
import { endOfFlags } from "./end-of-flags.ts";

/** `-ojson` → `-o=json`, as kubectl takes it. A long name behind one dash stays itself. Stops at `--`. */
export function splitAttachedValues(argv: readonly string[], flags: Flags): readonly string[] {
  const end = endOfFlags(argv);
  return argv.map((word, index) => (index < end ? splitWord(word, flags) : word));
}

function splitWord(word: string, flags: Flags): string {
  const [, short, value = ""] = /^-([a-zA-Z])([^=].*)$/s.exec(word) ?? [];
  const [name = ""] = word.slice(1).split("=");
  if (short === undefined || name in flags) return word;
  const takesValue = Object.values(flags).some((flag) => flag.short === short && flag.type !== "boolean");
  return takesValue ? `-${short}=${value}` : word;
}
