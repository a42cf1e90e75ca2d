import type { BackupSummary } from "#core/catalog/catalog.ts";
import { type ClusterIds, relateClusters } from "#core/model/cluster-identity.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, locationFlag, outputFlag } from "#plugin/flags.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";
import { escapeControl, renderTable } from "#plugin/ui/table.ts";
import { formatAge, formatWholeSeconds } from "#plugin/ui/units.ts";

/** --cluster here chooses whose backups to show, so the kubeconfig flag of that name steps back. */
const { cluster: _, ...accessFlags } = clusterFlags;

export const getCommand = defineCommand({
  words: ["get"],
  summary: "List backups",
  description:
    "Shows the backups of the current cluster, newest first; those of all clusters when no cluster can be reached.",
  positionals: [{ name: "NAME", describe: "only these backups", many: true, completes: "backups" }],
  flags: {
    "for-namespace": {
      type: "string",
      value: "NAMESPACE",
      describe: "only backups that include this namespace",
      completes: "namespaces",
    },
    "all-clusters": { type: "boolean", describe: "backups of all clusters" },
    cluster: { type: "string", value: "NAME", describe: "backups of the cluster with this name" },
    ...locationFlag,
    ...outputFlag,
    ...accessFlags,
  },
  examples: [
    { command: "kubectl backup get", meaning: "backups of the current cluster" },
    { command: "kubectl backup get --all-clusters -o wide", meaning: "everything in the location" },
    {
      command: "kubectl backup get --for-namespace shop -o name",
      meaning: "names of the backups that hold shop",
    },
  ],
  exitCodes: [0, 2, 4, 7],
  async run({ positionals, flags }, app) {
    const { openCatalogFor, runContextOf } = await import("#plugin/context.ts");
    const catalog = await openCatalogFor(flags, app);
    try {
      const all = await catalog.list(runContextOf(app));
      const ids =
        flags.allClusters === true || flags.cluster !== undefined
          ? undefined
          : await currentIds(all, flags, app);
      const shown = all.filter(
        (one) =>
          (positionals.length === 0 || positionals.includes(one.name)) &&
          (flags.forNamespace === undefined || includesNamespace(one, flags.forNamespace)) &&
          (flags.cluster === undefined || one.clusterName === flags.cluster) &&
          (positionals.length > 0 || ids === undefined || relateClusters(one.clusterIds, ids) !== "other"),
      );
      if (shown.length === 0 && positionals.length === 0)
        app.stderr.write(emptyMessage(all.length, catalog.url));
      await print(app, outputFormat(flags.output), {
        document: { location: catalog.url, backups: shown },
        names: shown.map((one) => `backup/${one.name}`),
        text: (wide) => (shown.length === 0 ? "" : backupTable(shown, app.now(), wide)),
      });
      refuseUnknownNames(positionals, shown, catalog.url);
      return 0;
    } finally {
      catalog.close();
    }
  },
});

/** Undefined: show all, since no cluster can be asked. */
async function currentIds(
  all: readonly BackupSummary[],
  flags: Parameters<typeof import("#plugin/context.ts").openClusterFor>[0],
  app: App,
): Promise<ClusterIds | undefined> {
  if (all.length === 0) return undefined;
  const [{ readClusterIds }, { openAccessFor, openClusterFor }] = await Promise.all([
    import("#core/kube/cluster-ids.ts"),
    import("#plugin/context.ts"),
  ]);
  try {
    // The CA is known without a request; most often it settles everything.
    const { info } = await openAccessFor(flags, app);
    const offline: ClusterIds = { caSha256: info.caSha256 };
    if (all.every((one) => relateClusters(one.clusterIds, offline) === "same")) return offline;
    const cluster = await openClusterFor(flags, app);
    try {
      return await readClusterIds(cluster, app.signal);
    } finally {
      cluster.close();
    }
  } catch (error) {
    // A mistyped name must not show every cluster's.
    if (isFailure(error, "context-unknown") && (flags.context ?? flags.user) !== undefined) throw error;
    const why = isFailure(error) ? ` (${escapeControl(error.message)})` : "";
    app.stderr.write(`note: no cluster can be reached${why}, so the backups of all clusters are shown\n`);
    return undefined;
  }
}

/** Recorded namespaces may be globs or empty (all). */
function includesNamespace(backup: BackupSummary, namespace: string): boolean {
  const included = backup.includedNamespaces;
  return included.length === 0 || included.includes("*") || included.includes(namespace);
}

/** After those that were found have been printed, as kubectl does it. */
function refuseUnknownNames(names: readonly string[], shown: readonly BackupSummary[], url: string): void {
  const missing = names.filter((name) => !shown.some((one) => one.name === name));
  if (missing.length > 0) throw new Failure("backup-not-found", `no backup ${missing.join(", ")} in ${url}`);
}

function emptyMessage(total: number, url: string): string {
  return total === 0
    ? `No backups found in ${url}\n`
    : `No backups found that match, of ${total} in ${url} (--all-clusters shows those of other clusters)\n`;
}

function backupTable(backups: readonly BackupSummary[], now: Date, wide: boolean): string {
  const header = ["NAME", "STATUS", "CLUSTER", "AGE", "ITEMS", "ERRORS", "WARNINGS", "EXPIRES"];
  const more = ["DURATION", "NAMESPACES", "MADE BY"];
  return renderTable(
    wide ? [...header, ...more] : header,
    backups.map((one) => (wide ? [...mainCells(one, now), ...wideCells(one)] : mainCells(one, now))),
  );
}

function mainCells(one: BackupSummary, now: Date): readonly string[] {
  return [
    one.name,
    one.phase,
    one.clusterName ?? "<unknown>",
    one.finishedAt === undefined ? "<unknown>" : formatAge(now.getTime() - one.finishedAt.getTime()),
    one.itemCount?.toString() ?? "<unknown>",
    one.errorCount.toString(),
    one.warningCount.toString(),
    one.expiresAt === undefined ? "<never>" : expiry(one.expiresAt.getTime() - now.getTime()),
  ];
}

function expiry(left: number): string {
  return left > 0 ? formatAge(left) : "<expired>";
}

function wideCells(one: BackupSummary): readonly string[] {
  const span =
    one.startedAt === undefined || one.finishedAt === undefined
      ? "<unknown>"
      : formatWholeSeconds(one.finishedAt.getTime() - one.startedAt.getTime());
  const namespaces = one.includedNamespaces.length === 0 ? "*" : one.includedNamespaces.join(",");
  return [span, namespaces, one.origin];
}
