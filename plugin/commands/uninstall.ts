import type { ObjectRef } from "#core/kube/cluster.ts";
import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, outputFlag, yesFlag } from "#plugin/flags.ts";
import { confirm } from "#plugin/ui/confirm.ts";
import { objectName } from "#plugin/ui/objects.ts";
import { outputFormat, print, printDone } from "#plugin/ui/print.ts";

export const uninstallCommand = defineCommand({
  words: ["uninstall"],
  summary: "Take the guard out of the cluster",
  description:
    "The webhook configuration goes first, so that no deletion hangs on a guard that is going. Backups, locations, the namespace kubectl-backup with your Secrets, and the labels and annotations of namespaces stay.",
  flags: {
    "dry-run": {
      type: "string",
      value: "client",
      choices: ["client", "none"],
      bare: "client",
      describe: "only say what would go and what would stay",
    },
    ...yesFlag,
    ...outputFlag,
    ...clusterFlags,
  },
  examples: [
    { command: "kubectl backup uninstall", meaning: "ask, then remove" },
    { command: "kubectl backup uninstall --dry-run", meaning: "what would go and what would stay" },
  ],
  exitCodes: [0, 2, 5, 6],
  async run({ flags }, app) {
    const [{ allGuardObjects }, { planRemoval, removeGuard }, { manifestFiles }, { openClusterFor }] =
      await Promise.all([
        import("#core/guard/render-guard.ts"),
        import("#core/guard/remove-guard.ts"),
        import("#core/guard/manifest-files.ts"),
        import("#plugin/context.ts"),
      ]);
    const cluster = await openClusterFor(flags, app);
    try {
      const plan = await planRemoval(allGuardObjects(await manifestFiles()), cluster, app.signal);
      const dryRun = flags.dryRun === "client";
      if (!dryRun && plan.remove.length > 0) {
        const { contextName, server } = cluster.info;
        await confirm(app, `Remove the guard from ${contextName} (${server})?`, flags.yes);
        await removeGuard(plan, cluster, app.signal);
      }
      await (dryRun ? print : printDone)(app, outputFormat(flags.output), {
        document: { dryRun, removed: plan.remove.map(objectName), kept: plan.keep.map(objectName) },
        names: plan.remove.map(objectName),
        text: () => summary(plan, dryRun),
      });
      return 0;
    } finally {
      cluster.close();
    }
  },
});

function summary(
  { remove, keep }: { remove: readonly ObjectRef[]; keep: readonly ObjectRef[] },
  dryRun: boolean,
): string {
  const gone = dryRun ? "would be removed (dry run)" : "removed";
  const lines = [
    ...remove.map((ref) => `${objectName(ref)} ${gone}`),
    ...(remove.length === 0 ? ["The guard is not installed here."] : []),
    ...keep.map((ref) => `${objectName(ref)} stays`),
    "Backups stay where they are; labels and annotations of namespaces stay and mean nothing without a guard.",
  ];
  return lines.map((line) => `${line}\n`).join("");
}
