import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, locationFlag, outputFlag, selectionFlags } from "#plugin/flags.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";

export const diffCommand = defineCommand({
  words: ["diff"],
  summary: "Compare a backup with the cluster",
  description:
    "Compares what users wrote: status, uids and other fields that the server sets do not count. Objects made since the backup are shown as extra. With -n, cluster-scoped objects of a backup of the whole cluster are compared only where their kinds are named, or with --include-cluster-resources. The exit code is 0 when nothing differs, 1 when something does, 3 or more when not everything could be compared.",
  positionals: [{ name: "BACKUP", describe: "the backup", required: true, completes: "backups" }],
  flags: { ...selectionFlags, ...locationFlag, ...outputFlag, ...clusterFlags },
  examples: [
    { command: "kubectl backup diff nightly", meaning: "everything that the backup holds" },
    {
      command: "kubectl backup diff nightly -n shop -o wide",
      meaning: "one namespace, with the fields that differ",
    },
  ],
  exitCodes: [0, 1, 2, 3, 4, 6, 7, 8],
  async run({ positionals: [name = ""], flags }, app) {
    const [{ diffBackup }, { openCatalogFor, openClusterFor, runContextOf }, { diffText }, { openProgress }] =
      await Promise.all([
        import("#core/diff/diff-backup.ts"),
        import("#plugin/context.ts"),
        import("#plugin/ui/diff-report.ts"),
        import("#plugin/ui/progress.ts"),
      ]);
    const { selectionOf } = await import("#plugin/selection.ts");
    const selection = selectionOf(flags);
    const [cluster, catalog] = await Promise.all([openClusterFor(flags, app), openCatalogFor(flags, app)]);
    const progress = openProgress(app);
    try {
      const backup = await catalog.open(name, runContextOf(app));
      try {
        const report = await diffBackup(
          { backup, cluster, selection },
          runContextOf(app, progress.onProgress),
        );
        progress.close();
        await print(app, outputFormat(flags.output), {
          document: report,
          names: [...report.missing, ...report.extra, ...report.different].map(
            (one) => `${one.resource}/${one.name}`,
          ),
          text: (wide) => diffText(report, wide),
        });
        if (report.troubles.length > 0) return 3;
        return report.missing.length + report.extra.length + report.different.length === 0 ? 0 : 1;
      } finally {
        await backup.close();
      }
    } finally {
      progress.close();
      cluster.close();
      catalog.close();
    }
  },
});
