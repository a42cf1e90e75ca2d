import type { App } from "#plugin/app.ts";
import { outputFormat, print, printDone } from "./print.ts";

interface Changes {
  /** What they are now: "protected". */
  readonly word: string;
  readonly changed: readonly { readonly namespace: string; readonly changed: boolean }[];
}

export async function printChanges(
  app: App,
  flags: { readonly output?: string | undefined; readonly dryRun?: string | undefined },
  { word, changed }: Changes,
): Promise<void> {
  const dryRun = flags.dryRun === "server";
  await (dryRun ? print : printDone)(app, outputFormat(flags.output), {
    document: { dryRun, namespaces: changed },
    names: changed.map(({ namespace }) => `namespace/${namespace}`),
    text: () =>
      changed.map((one) => `namespace/${one.namespace} ${word}${noteOf(one.changed, dryRun)}\n`).join(""),
  });
}

function noteOf(changed: boolean, dryRun: boolean): string {
  if (dryRun) return " (server dry run)";
  return changed ? "" : " (unchanged)";
}
