import type { CommandDefinition, Flags } from "#plugin/command.ts";
import { clusterFlags, commonFlags } from "#plugin/flags.ts";

/** What is shown of a command's flags, those of its own first. */
export function flagGroups({ flags }: CommandDefinition): readonly (readonly [title: string, Flags])[] {
  const cluster: Flags = clusterFlags;
  const shown = Object.entries(flags).filter(([, { hidden }]) => hidden !== true);
  // The same definition, not only the same name: --cluster of get is another thing.
  const isCluster = ([name, flag]: (typeof shown)[number]) => cluster[name] === flag;
  const groups = [
    ["Flags", Object.fromEntries(shown.filter((one) => !isCluster(one)))],
    ["Flags that choose the cluster", Object.fromEntries(shown.filter(isCluster))],
    ["Common flags", commonFlags],
  ] as const;
  return groups.filter(([, group]) => Object.keys(group).length > 0);
}
