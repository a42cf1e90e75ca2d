import type { BackupSummary, Catalog } from "#core/catalog/catalog.ts";
import { relateClusters } from "#core/model/cluster-identity.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand, type FlagValues } from "#plugin/command.ts";
import { clusterFlags, locationFlag, outputFlag, yesFlag } from "#plugin/flags.ts";
import { confirm } from "#plugin/ui/confirm.ts";
import { outputFormat, print, printDone } from "#plugin/ui/print.ts";

const flags = {
  selector: {
    type: "string",
    short: "l",
    value: "SELECTOR",
    describe: "the current cluster's backups with these labels: a=b,c in (d,e)",
  },
  all: { type: "boolean", describe: "all backups of the current cluster" },
  "dry-run": {
    type: "string",
    value: "client",
    choices: ["client", "none"],
    bare: "client",
    describe: "only say what would be deleted",
  },
  ...yesFlag,
  ...locationFlag,
  ...outputFlag,
  ...clusterFlags,
} as const;

type DeleteFlags = FlagValues<typeof flags>;

export const deleteCommand = defineCommand({
  words: ["delete"],
  summary: "Delete backups",
  description:
    "Removes the commit object first, so that a backup whose deletion was interrupted no longer lists. -l and --all choose only among backups that are known to be of the current cluster.",
  positionals: [{ name: "NAME", describe: "the backups", many: true, completes: "backups" }],
  flags,
  examples: [
    { command: "kubectl backup delete old-one", meaning: "ask, then delete" },
    { command: "kubectl backup delete old-one older-one --yes", meaning: "delete two without asking" },
    { command: "kubectl backup delete -l purpose=test --dry-run", meaning: "what a label would choose" },
  ],
  exitCodes: [0, 2, 4, 5, 6, 7],
  async run({ positionals, flags: given }, app) {
    refuseContradictions(positionals, given);
    const { openCatalogFor, runContextOf } = await import("#plugin/context.ts");
    const catalog = await openCatalogFor(given, app);
    try {
      const context = runContextOf(app);
      const names =
        positionals.length > 0
          ? await knownNames([...new Set(positionals)], catalog, app)
          : await chosenNames(given, catalog, app);
      if (names.length === 0 && !app.quiet)
        app.stderr.write(`No backups found that match in ${catalog.url}\n`);
      const dryRun = given.dryRun === "client";
      if (!dryRun && names.length > 0) {
        await confirm(app, `Delete ${names.join(", ")} from ${catalog.url}?`, given.yes);
      }
      for (const name of names) {
        if (!dryRun) await catalog.remove(name, context);
      }
      await (dryRun ? print : printDone)(app, outputFormat(given.output), {
        document: { location: catalog.url, dryRun, deleted: names },
        names: names.map((name) => `backup/${name}`),
        text: () =>
          names
            .map((name) => `backup/${name} ${dryRun ? "would be deleted (dry run)" : "deleted"}\n`)
            .join(""),
      });
      return 0;
    } finally {
      catalog.close();
    }
  },
});

function refuseContradictions(names: readonly string[], { selector, all }: DeleteFlags): void {
  const ways = [names.length > 0, selector !== undefined, all === true].filter(Boolean).length;
  if (ways === 1) return;
  throw new Failure("usage", ways === 0 ? "NAME is missing" : "NAME, -l and --all contradict each other", {
    hint: "give the names of backups, or -l SELECTOR, or --all",
  });
}

async function knownNames(names: readonly string[], catalog: Catalog, app: App): Promise<readonly string[]> {
  const { runContextOf } = await import("#plugin/context.ts");
  const context = runContextOf(app);
  const known = await Promise.all(names.map((name) => exists(() => catalog.find(name, context))));
  const missing = names.filter((_, index) => known[index] === false);
  if (missing.length === 0) return names;
  throw new Failure(
    "backup-not-found",
    `no backup ${missing.join(", ")} in ${catalog.url}; nothing was deleted`,
  );
}

/** Of this cluster for certain: several clusters may share a location, and a wrong guess deletes another's backups. */
async function chosenNames(given: DeleteFlags, catalog: Catalog, app: App): Promise<readonly string[]> {
  const [{ compileLabelSelector }, { readClusterIds }, { openClusterFor, runContextOf }] = await Promise.all([
    import("#core/selection/label-selector.ts"),
    import("#core/kube/cluster-ids.ts"),
    import("#plugin/context.ts"),
  ]);
  const fits = compileLabelSelector(given.selector ?? "");
  const cluster = await openClusterFor(given, app);
  try {
    const ids = await readClusterIds(cluster, app.signal);
    const fitting = (await catalog.list(runContextOf(app))).filter(({ labels }) => fits(labels));
    const { same = [], unknown = [] } = Object.groupBy(fitting, (one) => relateClusters(one.clusterIds, ids));
    tellUnknown(unknown, app);
    return same.map(({ name }) => name);
  } finally {
    cluster.close();
  }
}

function tellUnknown(backups: readonly BackupSummary[], app: App): void {
  if (backups.length === 0) return;
  const names = backups.map(({ name }) => name).join(", ");
  app.stderr.write(`note: left alone, for they do not say of which cluster they are: ${names}\n`);
}

/** A damaged backup exists too: deleting it is the cure. */
async function exists(find: () => Promise<unknown>): Promise<boolean> {
  try {
    await find();
    return true;
  } catch (error) {
    if (isFailure(error, "backup-not-found")) return false;
    if (isFailure(error, "backup-damaged") || isFailure(error, "backup-unsupported")) return true;
    throw error;
  }
}
