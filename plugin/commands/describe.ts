import type { OpenBackup } from "#core/catalog/catalog.ts";
import { defineCommand } from "#plugin/command.ts";
import { locationFlag, outputFlag } from "#plugin/flags.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";

export const describeCommand = defineCommand({
  words: ["describe"],
  summary: "Show what a backup holds and what it lacks",
  description:
    "Checks the chain from the commit object to the manifest and the index on the way. Kinds, namespaces with their completeness, claims, errors and warnings; -o json prints the whole record.",
  positionals: [{ name: "NAME", describe: "the backup", required: true, completes: "backups" }],
  flags: { ...locationFlag, ...outputFlag },
  examples: [
    { command: "kubectl backup describe nightly-20260102-030405", meaning: "one backup" },
    {
      command:
        "kubectl backup describe nightly-20260102-030405 -o json | jq '.namespaces[] | select(.complete | not)'",
      meaning: "namespaces that are not complete in it",
    },
  ],
  exitCodes: [0, 2, 4, 7, 8],
  async run({ positionals: [name = ""], flags }, app) {
    const { openCatalogFor, runContextOf } = await import("#plugin/context.ts");
    const { describeText } = await import("#plugin/ui/backup-description.ts");
    const catalog = await openCatalogFor(flags, app);
    try {
      const backup = await catalog.open(name, runContextOf(app));
      try {
        await print(app, outputFormat(flags.output), {
          document: descriptionDocument(backup, catalog.url),
          names: [`backup/${name}`],
          text: (wide) => describeText(backup, { url: catalog.url, now: app.now(), wide }),
        });
        return 0;
      } finally {
        await backup.close();
      }
    } finally {
      catalog.close();
    }
  },
});

function descriptionDocument(backup: OpenBackup, url: string): unknown {
  return {
    location: url,
    ...backup.summary,
    ...backup.manifest,
    inventory: backup.kinds,
    notices: backup.notices,
  };
}
