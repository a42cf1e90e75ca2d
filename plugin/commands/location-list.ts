import { defineCommand } from "#plugin/command.ts";
import { outputFlag } from "#plugin/flags.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";
import { renderTable } from "#plugin/ui/table.ts";

export const locationListCommand = defineCommand({
  words: ["location", "list"],
  summary: "List the configured locations",
  flags: { ...outputFlag },
  examples: [{ command: "kubectl backup location list", meaning: "all, with the default marked" }],
  exitCodes: [0, 2],
  async run({ flags }, app) {
    const { readLocations, resolveLocation } = await import("#core/storage/locations.ts");
    const { surroundingsOf } = await import("#plugin/context.ts");
    const config = await readLocations(surroundingsOf(app));
    const builtIn = (await resolveLocation(undefined, surroundingsOf(app))).location.url;
    const named = Object.entries(config.locations).map(([name, url]) => ({
      name,
      url,
      default: name === config.default,
    }));
    // Without a default of one's own, backups go to the folder that needs no configuration.
    const all = config.default === undefined ? [...named, { name: "", url: builtIn, default: true }] : named;
    await print(app, outputFormat(flags.output), {
      document: { locations: all },
      names: named.map(({ name }) => `location/${name}`),
      text: () =>
        renderTable(
          ["NAME", "DEFAULT", "URL"],
          all.map((one) => [one.name === "" ? "<built-in>" : one.name, one.default ? "yes" : "", one.url]),
        ),
    });
    return 0;
  },
});
