import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, outputFlag, selectionFlags } from "#plugin/flags.ts";
import { printRoles } from "#plugin/ui/roles.ts";

export const rbacBackupCommand = defineCommand({
  words: ["rbac", "backup"],
  summary: "Print the smallest Role or ClusterRole for a backup",
  flags: { ...selectionFlags, ...outputFlag, ...clusterFlags },
  examples: [
    {
      command: "kubectl backup rbac backup -n shop | kubectl apply -f -",
      meaning: "what saving one namespace needs",
    },
    {
      command: "kubectl backup rbac backup -n shop --include-cluster-resources",
      meaning: "also a ClusterRole that reads all cluster-scoped kinds, with what it refers to",
    },
    { command: "kubectl backup rbac backup", meaning: "what saving the whole cluster needs" },
  ],
  exitCodes: [0, 2, 4, 6],
  async run({ flags }, app) {
    const [{ planBackup }, { backupRights }, { openClusterFor, runContextOf }] = await Promise.all([
      import("#core/backup/plan-backup.ts"),
      import("#core/backup/rights.ts"),
      import("#plugin/context.ts"),
    ]);
    const { selectionOf } = await import("#plugin/selection.ts");
    const selection = selectionOf(flags);
    const cluster = await openClusterFor(flags, app);
    try {
      const catalog = {
        list: () => Promise.resolve([]),
        open: () => Promise.reject(new Error("no backup is asked for")),
      };
      const { plan } = await planBackup({ cluster, catalog, selection }, runContextOf(app));
      await printRoles(app, flags.output, backupRights(plan, !plan.selection.takesAllNamespaces));
      return 0;
    } finally {
      cluster.close();
    }
  },
});
