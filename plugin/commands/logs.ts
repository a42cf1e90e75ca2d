import { defineCommand } from "#plugin/command.ts";
import { locationFlag } from "#plugin/flags.ts";

export const logsCommand = defineCommand({
  words: ["logs"],
  summary: "Print the stored log of a backup or a restore",
  positionals: [{ name: "NAME", describe: "the backup, or restore/NAME", required: true, completes: "logs" }],
  flags: { ...locationFlag },
  examples: [
    { command: "kubectl backup logs nightly-20260102-030405", meaning: "what the run said" },
    {
      command: "kubectl backup logs nightly-20260102-030405 | grep level=warning",
      meaning: "only its warnings",
    },
    { command: "kubectl backup logs restore/nightly-20260103-101112", meaning: "a restore's log" },
  ],
  exitCodes: [0, 2, 4, 7, 8],
  async run({ positionals: [name = ""], flags }, app) {
    const [{ runContextOf }, { findHolder, openHolders }, { writeAll }] = await Promise.all([
      import("#plugin/context.ts"),
      import("#plugin/stored-restores.ts"),
      import("#plugin/ui/write-all.ts"),
    ]);
    const holders = await openHolders(flags, app);
    try {
      const restore = /^restores?\/(.*)$/.exec(name)?.[1];
      const context = runContextOf(app);
      const log =
        restore === undefined
          ? holders.location.logs(name, context)
          : (await findHolder(restore, holders, app)).catalog.restoreLogs(restore, context);
      await writeAll(app.stdout, log);
      return 0;
    } finally {
      holders.close();
    }
  },
});
