import { defineCommand } from "#plugin/command.ts";
import { outputFlag } from "#plugin/flags.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";

export const locationAddCommand = defineCommand({
  words: ["location", "add"],
  summary: "Give a location a name",
  description:
    "Names lie in the configuration file of the current user; credentials never do. The first location becomes the default.",
  positionals: [
    { name: "NAME", describe: "how to call it", required: true },
    {
      name: "URL",
      describe: "s3://bucket/prefix?region=…&endpoint=…&pathStyle=true, or file:///folder",
      required: true,
    },
  ],
  flags: { default: { type: "boolean", describe: "also make it the default" }, ...outputFlag },
  examples: [
    {
      command: "kubectl backup location add main 's3://my-bucket/clusters?region=eu-central-1' --default",
      meaning: "a bucket at AWS",
    },
    {
      command:
        "kubectl backup location add lab 's3://backups?endpoint=https://s3.lab.example&pathStyle=true'",
      meaning: "another S3 server",
    },
    { command: "kubectl backup location add usb file:///media/backups", meaning: "a folder" },
  ],
  exitCodes: [0, 2, 5],
  async run({ positionals: [name = "", url = ""], flags }, app) {
    const { addLocation, setDefaultLocation } = await import("#core/storage/locations.ts");
    const { surroundingsOf } = await import("#plugin/context.ts");
    const at = surroundingsOf(app);
    await addLocation(at, name, url);
    if (flags.default === true) await setDefaultLocation(at, name);
    await print(app, outputFormat(flags.output), {
      document: { name, url },
      names: [`location/${name}`],
      text: () => `location/${name} added\n`,
    });
    return 0;
  },
});
