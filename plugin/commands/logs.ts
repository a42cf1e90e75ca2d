import { defineCommand } from "#plugin/command.ts";
import { locationFlag } from "#plugin/flags.ts";

export const logsCommand = defineCommand({
  words: ["logs"],
  summary: "Print the stored log of a backup",
  positionals: [{ name: "NAME", describe: "the backup", required: true, completes: "backups" }],
  flags: { ...locationFlag },
  examples: [
    { command: "kubectl backup logs nightly-20260102-030405", meaning: "what the run said" },
    {
      command: "kubectl backup logs nightly-20260102-030405 | grep level=warning",
      meaning: "only its warnings",
    },
  ],
  exitCodes: [0, 2, 4, 7, 8],
  async run({ positionals: [name = ""], flags }, app) {
    const { openCatalogFor, runContextOf } = await import("#plugin/context.ts");
    const { writeAll } = await import("#plugin/ui/write-all.ts");
    const catalog = await openCatalogFor(flags, app);
    try {
      await writeAll(app.stdout, catalog.logs(name, runContextOf(app)));
      return 0;
    } finally {
      catalog.close();
    }
  },
});
