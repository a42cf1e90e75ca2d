import type { FollowedEvent } from "#core/restore/follow-restore.ts";
import { defineCommand } from "#plugin/command.ts";
import { locationFlag } from "#plugin/flags.ts";

export const watchCommand = defineCommand({
  words: ["watch"],
  summary: "Follow a restore to its end",
  description:
    "From any machine that reaches the location. Ends with the restore, and with its exit code: 0 complete, 3 with losses or broken off.",
  positionals: [{ name: "RESTORE", describe: "the restore", required: true, completes: "restores" }],
  flags: {
    output: {
      type: "string",
      short: "o",
      value: "text|json",
      choices: ["text", "json"],
      describe: "json: each event as a line",
      fallback: "text",
      completes: "choices",
    },
    ...locationFlag,
  },
  examples: [
    { command: "kubectl backup watch nightly-20260103-101112-0a1b2", meaning: "its progress, then its end" },
    {
      command:
        "kubectl backup watch nightly-20260103-101112-0a1b2 -o json | jq -c 'select(.type == \"item\")'",
      meaning: "each object as it ends",
    },
  ],
  exitCodes: [0, 2, 3, 4, 7, 130],
  async run({ positionals: [word = ""], flags }, app) {
    const [{ followRestore }, { findHolder, openHolders }, { runContextOf }, { openWatchView }] =
      await Promise.all([
        import("#core/restore/follow-restore.ts"),
        import("#plugin/stored-restores.ts"),
        import("#plugin/context.ts"),
        import("#plugin/ui/watch-view.ts"),
      ]);
    const holders = await openHolders(flags, app);
    const view = openWatchView(app, flags.output === "json");
    try {
      const { catalog, restore } = await findHolder(word.replace(/^restores?\//, ""), holders, app);
      let last: FollowedEvent | undefined;
      for await (const event of followRestore(catalog, restore.name, runContextOf(app))) {
        view.show(event);
        last = event;
      }
      return last?.type === "over" && last.restore.status === "Completed" ? 0 : 3;
    } finally {
      view.close();
      holders.close();
    }
  },
});
