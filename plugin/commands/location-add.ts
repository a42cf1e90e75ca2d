import type { App } from "#plugin/app.ts";
import { defineCommand, type Flags, type FlagValues } from "#plugin/command.ts";
import { clusterFlags, outputFlag } from "#plugin/flags.ts";
import {
  addRequest,
  refuseTaken,
  type TakenLocations,
  takenLocations,
} from "#plugin/requests/location-request.ts";
import { outputFormat, printDone } from "#plugin/ui/print.ts";

const flags = {
  "from-cluster": {
    type: "string",
    value: "PUBLISHED",
    bare: "",
    completes: "published-locations",
    describe:
      "take what the guard's installation publishes in the cluster: all under their own names, one of them, or, with NAME, the default one under that name",
  },
  default: { type: "boolean", describe: "also make it the default (of several the one that is it there)" },
  ...outputFlag,
  ...clusterFlags,
} as const satisfies Flags;

export const locationAddCommand = defineCommand({
  words: ["location", "add"],
  summary: "Give a location a name",
  description:
    "Names lie in the configuration file of the current user; credentials never do. The first location becomes the default. A name that has the same URL already stays as it is.",
  positionals: [
    { name: "NAME", describe: "how to call it" },
    {
      name: "URL",
      describe: "s3://bucket/prefix?region=…&endpoint=…&pathStyle=true, or file:///folder",
    },
  ],
  flags,
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
    {
      command: "kubectl backup location add --from-cluster",
      meaning: "where this cluster's guard looks for backups",
    },
    {
      command: "kubectl backup location add prod --from-cluster=main --context prod",
      meaning: "the one that the cluster calls main, under another name",
    },
  ],
  exitCodes: [0, 2, 4, 5, 6],
  async run({ positionals, flags: given }, app) {
    const asked = addRequest(positionals, given);
    if (asked.from === "user") {
      const { name, url } = asked;
      const added = await add({ default: name, all: [asked] }, given, app);
      await printDone(app, outputFormat(given.output), {
        document: { name, url },
        names: [`location/${name}`],
        text: () => `location/${name} ${added.includes(name) ? "added" : "unchanged"}\n`,
      });
      return 0;
    }
    const taken = takenLocations(asked, await readPublished(given, app));
    const { refuseForeign } = await import("#plugin/guard-locations.ts");
    for (const { published, url } of taken.all) await refuseForeign(published, url);
    await printTaken(taken, await addTaken(taken, given, app), { given, app });
    return 0;
  },
});

type Given = FlagValues<typeof flags>;
type Added = Omit<TakenLocations, "all"> & { readonly all: readonly { name: string; url: string }[] };

async function readPublished(given: Given, app: App) {
  const [{ readPublishedLocations }, { openClusterFor }] = await Promise.all([
    import("#core/guard/published-locations.ts"),
    import("#plugin/context.ts"),
  ]);
  const cluster = await openClusterFor(given, app);
  try {
    return await readPublishedLocations(cluster, app.signal);
  } finally {
    cluster.close();
  }
}

/** Gives the names that are new. */
async function add({ default: first, all }: Added, given: Given, app: App): Promise<readonly string[]> {
  const [{ addLocations, setDefaultLocation }, { surroundingsOf }] = await Promise.all([
    import("#core/storage/locations.ts"),
    import("#plugin/context.ts"),
  ]);
  const at = surroundingsOf(app);
  const locations = Object.fromEntries(all.map(({ name, url }) => [name, url]));
  const added = await addLocations(at, { default: first, locations });
  if (given.default === true) await setDefaultLocation(at, first);
  return added;
}

async function addTaken(taken: TakenLocations, given: Given, app: App): Promise<readonly string[]> {
  const [{ readLocations }, { surroundingsOf }] = await Promise.all([
    import("#core/storage/locations.ts"),
    import("#plugin/context.ts"),
  ]);
  refuseTaken(taken, await readLocations(surroundingsOf(app)));
  return add(taken, given, app);
}

async function printTaken(
  { all }: TakenLocations,
  added: readonly string[],
  { given, app }: { readonly given: Given; readonly app: App },
): Promise<void> {
  const rows = all.map(({ name, url }) => ({ name, url, added: added.includes(name) }));
  await printDone(app, outputFormat(given.output), {
    document: { locations: rows },
    names: rows.map(({ name }) => `location/${name}`),
    text: () =>
      rows.map((one) => `location/${one.name} ${one.added ? "added" : "unchanged"}: ${one.url}\n`).join(""),
  });
}
