import { defineCommand } from "#plugin/command.ts";
import { locationFlag, outputFlag } from "#plugin/flags.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";

export const restoresCommand = defineCommand({
  words: ["restores"],
  summary: "List restores, or show one",
  description:
    "Those of the location and those whose record lies on this machine, newest first: under way, broken off, ended, and Velero's. With NAME what it was asked to do and how it ended.",
  positionals: [{ name: "NAME", describe: "only this restore, in detail", completes: "restores" }],
  flags: { ...locationFlag, ...outputFlag },
  examples: [
    { command: "kubectl backup restores", meaning: "all of them" },
    { command: "kubectl backup restores nightly-20260103-101112-0a1b2", meaning: "one in detail" },
    {
      command:
        "kubectl backup restores -o json | jq -r '.restores[] | select(.status == \"Unfinished\").name'",
      meaning: "those that broke off",
    },
  ],
  exitCodes: [0, 2, 4, 7],
  async run({ positionals: [word], flags }, app) {
    const [{ allRestores, findHolder, openHolders }, { restoreDetails, restoreDocument, restoreTable }] =
      await Promise.all([import("#plugin/stored-restores.ts"), import("#plugin/ui/restore-list.ts")]);
    const holders = await openHolders(flags, app);
    try {
      const name = word?.replace(/^restores?\//, "");
      const format = outputFormat(flags.output);
      if (name !== undefined) {
        const { restore } = await findHolder(name, holders, app);
        await print(app, format, {
          document: restoreDocument(restore),
          names: [`restore/${restore.name}`],
          text: () => restoreDetails(restore, app.now()),
        });
        return 0;
      }
      const restores = await allRestores(holders, app);
      if (restores.length === 0) app.stderr.write(`No restores found in ${holders.location.url}\n`);
      await print(app, format, {
        document: { location: holders.location.url, restores: restores.map(restoreDocument) },
        names: restores.map((one) => `restore/${one.name}`),
        text: (wide) => (restores.length === 0 ? "" : restoreTable(restores, app.now(), wide)),
      });
      return 0;
    } finally {
      holders.close();
    }
  },
});
