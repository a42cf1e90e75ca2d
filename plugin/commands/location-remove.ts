import { defineCommand } from "#plugin/command.ts";
import { outputFlag } from "#plugin/flags.ts";
import { outputFormat, printDone } from "#plugin/ui/print.ts";

export const locationRemoveCommand = defineCommand({
  words: ["location", "remove"],
  summary: "Forget a location's name",
  description: "Only the name goes; the backups stay where they are.",
  positionals: [{ name: "NAME", describe: "a configured location", required: true, completes: "locations" }],
  flags: { ...outputFlag },
  examples: [{ command: "kubectl backup location remove lab", meaning: "forget the name, keep the backups" }],
  exitCodes: [0, 2],
  async run({ positionals: [name = ""], flags }, app) {
    const { removeLocation } = await import("#core/storage/locations.ts");
    const { surroundingsOf } = await import("#plugin/context.ts");
    await removeLocation(surroundingsOf(app), name);
    await printDone(app, outputFormat(flags.output), {
      document: { removed: name },
      names: [`location/${name}`],
      text: () => `location/${name} removed; its backups stay\n`,
    });
    return 0;
  },
});
