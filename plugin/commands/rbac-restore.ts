import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, outputFlag, partFlags, selectionFlags } from "#plugin/flags.ts";
import { printRoles } from "#plugin/ui/roles.ts";
import { restoreFlags } from "./restore-flags.ts";

export const rbacRestoreCommand = defineCommand({
  words: ["rbac", "restore"],
  summary: "Print the smallest Role or ClusterRole for a restore",
  description:
    "Restoring roles and bindings needs the verbs escalate and bind, since the server lets nobody grant what he has not got himself; leave those kinds out with --exclude-resources where that is too much.",
  flags: {
    ...selectionFlags,
    ...partFlags,
    existing: restoreFlags.existing,
    "include-status": restoreFlags["include-status"],
    undo: { type: "boolean", describe: "also to take the restore back, and delete what it created" },
    hooks: { type: "boolean", describe: "also to run commands in restored pods, for restore hooks" },
    ...outputFlag,
    ...clusterFlags,
  },
  examples: [
    {
      command: "kubectl backup rbac restore -n shop | kubectl apply -f -",
      meaning: "what restoring one namespace needs",
    },
    {
      command: "kubectl backup rbac restore -n shop --include-resources configmaps,secrets",
      meaning: "what restoring two kinds needs",
    },
    {
      command: "kubectl backup rbac restore -n shop --include-cluster-resources",
      meaning: "also a ClusterRole that writes all cluster-scoped kinds",
    },
  ],
  exitCodes: [0, 2, 6],
  async run({ flags }, app) {
    const [{ restoreRequest }, { restoreRights }, { openClusterFor }] = await Promise.all([
      import("#core/model/restore.ts"),
      import("#core/restore/rights.ts"),
      import("#plugin/context.ts"),
    ]);
    const { selectionOf } = await import("#plugin/selection.ts");
    const selection = selectionOf(flags);
    const existing = restoreRequest.shape.existing.parse(flags.existing);
    const cluster = await openClusterFor(flags, app);
    try {
      const { withDependencies = false, withOwners = false, hooks = false, undo = false } = flags;
      const includeStatus = [...(flags.includeStatus ?? [])];
      const how = { existing, withDependencies, withOwners, hooks, undo, includeStatus };
      await printRoles(app, flags.output, restoreRights(selection, await cluster.discover(app.signal), how));
      return 0;
    } finally {
      cluster.close();
    }
  },
});
