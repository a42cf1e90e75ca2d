import { defineCommand } from "#plugin/command.ts";
import { outputFlag } from "#plugin/flags.ts";
import { outputFormat, printDone } from "#plugin/ui/print.ts";

export const locationDefaultCommand = defineCommand({
  words: ["location", "default"],
  summary: "Make a location the default",
  positionals: [{ name: "NAME", describe: "a configured location", required: true, completes: "locations" }],
  flags: { ...outputFlag },
  examples: [
    {
      command: "kubectl backup location default main",
      meaning: "what --location means when it is not given",
    },
  ],
  exitCodes: [0, 2],
  async run({ positionals: [name = ""], flags }, app) {
    const { setDefaultLocation } = await import("#core/storage/locations.ts");
    const { surroundingsOf } = await import("#plugin/context.ts");
    await setDefaultLocation(surroundingsOf(app), name);
    await printDone(app, outputFormat(flags.output), {
      document: { default: name },
      names: [`location/${name}`],
      text: () => `location/${name} is the default\n`,
    });
    return 0;
  },
});
