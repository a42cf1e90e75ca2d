import type { HealthCheck } from "#core/model/health-check.ts";
import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, locationFlag, outputFlag, selectionFlags } from "#plugin/flags.ts";
import type { Preflight } from "#plugin/preflight.ts";
import { healthTable, tellHints } from "#plugin/ui/health.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";
import { guardStatusCommand } from "./guard-status.ts";
import { installCommand } from "./install.ts";
import { locationCheckCommand } from "./location-check.ts";
import { rbacBackupCommand } from "./rbac-backup.ts";
import { rbacRestoreCommand } from "./rbac-restore.ts";

export const checkCommand = defineCommand({
  words: ["check"],
  summary:
    "Look whether everything is there for backups and restores: access, rights, location, clocks, guard",
  description:
    "Changes nothing in the cluster; in the location it writes a small object, reads it back and deletes it. Goes on after what has failed, so that all of it is told at once. Lacking the rights to restore is a warning: who only backs up needs none.",
  flags: {
    namespace: selectionFlags.namespace,
    ...locationFlag,
    ...outputFlag,
    ...clusterFlags,
  },
  examples: [
    { command: "kubectl backup check", meaning: "the current context's cluster and the default location" },
    {
      command: "kubectl backup check -n shop --location main --as system:serviceaccount:ops:backup",
      meaning: "what a service account may do in one namespace",
    },
  ],
  exitCodes: [0, 2, 3, 4, 6, 7],
  async run({ flags }, app) {
    const [{ resolveLocation }, { surroundingsOf }, { preflightCluster, preflightLocation }] =
      await Promise.all([
        import("#core/storage/locations.ts"),
        import("#plugin/context.ts"),
        import("#plugin/preflight.ts"),
      ]);
    const location = await resolveLocation(flags.location, surroundingsOf(app));
    const [cluster, store] = await Promise.all([
      preflightCluster(flags, app),
      preflightLocation(location, app),
    ]);
    const checks = [...cluster.checks, ...store.checks, ...(await clocks(cluster, store))];
    await print(app, outputFormat(flags.output), {
      document: { checks },
      names: checks.map(({ check }) => check),
      text: () => healthTable(checks),
    });
    const hints = checks.flatMap(({ help }) => help);
    const known = [guardStatusCommand, installCommand, locationCheckCommand];
    tellHints(hints, [...known, rbacBackupCommand, rbacRestoreCommand], app);
    // What the guard lacks matters least: backups work without it.
    return cluster.exitCode === 3 && store.exitCode !== 0
      ? store.exitCode
      : cluster.exitCode || store.exitCode;
  },
});

async function clocks(cluster: Preflight, store: Preflight): Promise<readonly HealthCheck[]> {
  if (cluster.clock === undefined) return [];
  const { checkClocks } = await import("#core/guard/check-clocks.ts");
  return [checkClocks(cluster.clock, store.clock === undefined ? [] : [store.clock])];
}
