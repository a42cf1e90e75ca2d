import type { GuardStatus } from "#core/guard/guard-status.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand, type Flags, type FlagValues } from "#plugin/command.ts";
import { clusterFlags, outputFlag } from "#plugin/flags.ts";
import { guardStatusHints, guardStatusText } from "#plugin/ui/guard-status.ts";
import { tellHints } from "#plugin/ui/health.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";
import { installCommand } from "./install.ts";
import { protectCommand } from "./protect.ts";
import { unprotectCommand } from "./unprotect.ts";

const flags = {
  deep: {
    type: "boolean",
    describe: "also read the archives of the newest backups, as the guard does in the background",
  },
  ...outputFlag,
  ...clusterFlags,
} as const satisfies Flags;

export const guardStatusCommand = defineCommand({
  words: ["guard", "status"],
  summary: "Tell whether the guard keeps what it promises, and how each protected namespace stands",
  description:
    "Looks at the guard's pods, its webhook configuration and its certificate, asks it, reads the locations it goes by with your credentials, and judges the newest backup of every protected namespace as the guard would. Archives are read only with --deep: of one whose bytes are wrong the guard may know already. Labels and annotations that do not mean what they seem to are named, with what mends them.\n\nExit code 3 says that something is less protected than it says: a guard that is not asked or does not answer, a label that protects nothing. A namespace without a fresh backup is no such thing: it stays. What your rights do not reach to is named as unknown; where that is the guard's answer or the list of namespaces, the exit code is 6.",
  flags,
  examples: [
    { command: "kubectl backup guard status", meaning: "the guard, the namespaces, the mistakes" },
    { command: "kubectl backup guard status --deep", meaning: "and whether the archives' bytes are right" },
    { command: "kubectl backup guard status -o wide", meaning: "with volumes, exclusions and skips" },
    {
      command: "kubectl backup guard status -o json | jq '.namespaces[] | select(.deletion != \"allowed\")'",
      meaning: "what has no fresh backup",
    },
  ],
  exitCodes: [0, 2, 3, 6],
  async run({ flags: given }, app) {
    const { isAmiss, isUnseen } = await import("#core/guard/guard-status.ts");
    const status = await readStatus(given, app);
    await print(app, outputFormat(given.output), guardStatusText(status));
    tellHints(guardStatusHints(status), [installCommand, protectCommand, unprotectCommand], app);
    if (isAmiss(status)) return 3;
    return isUnseen(status) ? 6 : 0;
  },
});

async function readStatus(given: FlagValues<typeof flags>, app: App): Promise<GuardStatus> {
  const [
    { readGuardStatus },
    { openClusterFor, runContextOf },
    { guardLocations },
    { shippedConfiguration },
    { manifestFiles },
  ] = await Promise.all([
    import("#core/guard/guard-status.ts"),
    import("#plugin/context.ts"),
    import("#plugin/guard-locations.ts"),
    import("#core/guard/render-guard.ts"),
    import("#core/guard/manifest-files.ts"),
  ]);
  const locations = guardLocations(app);
  const cluster = await openClusterFor(given, app);
  try {
    const shipped = shippedConfiguration(await manifestFiles());
    return await readGuardStatus(
      { cluster, shipped, open: locations.open, isDeep: given.deep === true },
      runContextOf(app),
    );
  } finally {
    locations.close();
    cluster.close();
  }
}
