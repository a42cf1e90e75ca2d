import { splitAttachedValues } from "./attached-values.ts";
import { camelCase, type Flag, type Flags } from "./command.ts";
import type { ClusterChoice, LocationChoice } from "./context.ts";
import { endOfFlags } from "./end-of-flags.ts";
import { clusterFlags, locationFlag, selectionFlags } from "./flags.ts";

export interface GivenFlag {
  readonly name: string;
  readonly flag: Flag;
  readonly value: string | undefined;
}

const CARRIED: Flags = { ...selectionFlags, ...locationFlag, ...clusterFlags };

/** Reads what the parser may have refused: whatever else is wrong with the call, these flags are plain to see. */
export function givenFlags(argv: readonly string[]): readonly GivenFlag[] {
  const words = splitAttachedValues(argv.slice(0, endOfFlags(argv)), CARRIED);
  return words.flatMap((word, index) => {
    const [, dashes, spelling = "", glued] = /^(--?)([a-zA-Z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const entry = Object.entries(CARRIED).find(([name, flag]) =>
      dashes === "--"
        ? name === spelling || flag.hiddenAliases?.includes(spelling) === true
        : flag.short === spelling,
    );
    if (dashes === undefined || entry === undefined) return [];
    const [name, flag] = entry;
    const takesNext = flag.type !== "boolean" && flag.bare === undefined && glued === undefined;
    return [{ name, flag, value: takesNext ? words[index + 1] : glued }];
  });
}

/** As the parser would give them. */
export function givenChoices(argv: readonly string[]): ClusterChoice & LocationChoice {
  const choices: Record<string, unknown> = {};
  for (const { name, flag, value } of givenFlags(argv)) {
    const key = camelCase(name);
    const others = Array.isArray(choices[key]) ? choices[key] : [];
    if (flag.type === "list") choices[key] = [...others, value];
    else choices[key] = flag.type === "boolean" ? value !== "false" : value;
  }
  // The keys are the flags' names in camel case with values of the types they ask for: what both choices describe.
  return choices as ClusterChoice & LocationChoice;
}
