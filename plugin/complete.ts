import type { App } from "./app.ts";
import type { Completes } from "./command.ts";
import { commands } from "./commands.ts";
import { candidatesFor } from "./completion.ts";
import { commonFlags } from "./flags.ts";

/** `__complete WORDS…`: one candidate a line, then kubectl's directive. Never an error: a shell shows none. */
const NO_FILES = 4;
const FILES = 0;

export async function runComplete(words: readonly string[], app: App): Promise<void> {
  const found = candidatesFor(words, commands, commonFlags);
  const current = words.at(-1) ?? "";
  const lines =
    found.type === "words"
      ? found.words.map(([word, about]) => (about === "" ? word : `${word}\t${about}`))
      : (await askSource(found.source, app)).map((word) => `${found.prefix}${word}`);
  const fitting = lines.filter((line) => line.startsWith(current));
  const directive = found.type === "source" && found.source === "files" ? FILES : NO_FILES;
  app.stdout.write(`${fitting.map((line) => `${line}\n`).join("")}:${directive}\n`);
}

async function askSource(source: Completes, app: App): Promise<readonly string[]> {
  try {
    const { completionSources } = await import("./completion-sources.ts");
    return (await completionSources[source]?.(app)) ?? [];
  } catch {
    // No cluster, no location: nothing to offer.
    return [];
  }
}
