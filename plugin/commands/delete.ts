import { Failure } from "#core/model/errors.ts";
import { defineCommand } from "#plugin/command.ts";
import { locationFlag, outputFlag, yesFlag } from "#plugin/flags.ts";
import { confirm } from "#plugin/ui/confirm.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";

export const deleteCommand = defineCommand({
  words: ["delete"],
  summary: "Delete backups",
  description:
    "Removes the commit object first, so that a backup whose deletion was interrupted no longer lists.",
  positionals: [{ name: "NAME", describe: "the backups", required: true, many: true, completes: "backups" }],
  flags: {
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
  },
  examples: [
    { command: "kubectl backup delete old-one", meaning: "ask, then delete" },
    { command: "kubectl backup delete old-one older-one --yes", meaning: "delete two without asking" },
  ],
  exitCodes: [0, 2, 4, 5, 7],
  async run({ positionals, flags }, app) {
    const { openCatalogFor, runContextOf } = await import("#plugin/context.ts");
    const catalog = await openCatalogFor(flags, app);
    try {
      const context = runContextOf(app);
      const names = [...new Set(positionals)];
      const known = await Promise.all(names.map((name) => exists(() => catalog.find(name, context))));
      const missing = names.filter((_, index) => known[index] === false);
      if (missing.length > 0) {
        throw new Failure(
          "backup-not-found",
          `no backup ${missing.join(", ")} in ${catalog.url}; nothing was deleted`,
        );
      }
      const dryRun = flags.dryRun === "client";
      if (!dryRun) await confirm(app, `Delete ${names.join(", ")} from ${catalog.url}?`, flags.yes);
      for (const name of names) {
        if (!dryRun) await catalog.remove(name, context);
      }
      await print(app, outputFormat(flags.output), {
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

/** A damaged backup exists too: deleting it is the cure. */
async function exists(find: () => Promise<unknown>): Promise<boolean> {
  try {
    await find();
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === "backup-not-found") return false;
    if (error instanceof Failure && (error.code === "backup-damaged" || error.code === "backup-unsupported"))
      return true;
    throw error;
  }
}
