import { Writable } from "node:stream";
import { type App, appWith } from "./app.ts";
import { commands } from "./commands.ts";
import { candidatesFor, completionText, type Source } from "./completion.ts";
import { commonFlags } from "./flags.ts";
import { givenChoices } from "./given-flags.ts";

/** Candidates that somebody must be asked for. Neither errors nor warnings: they would end up in the line being typed. */
export async function completeFromSource(words: readonly string[], app: App): Promise<void> {
  const found = candidatesFor(words, commands, commonFlags);
  if (found.type !== "source") return;
  const names = await askSource(found.source, words.slice(0, -1), app);
  const candidates = names
    .filter((name) => found.except?.includes(name) !== true)
    .map((name) => [`${found.prefix}${name}`, ""] as const);
  app.stdout.write(completionText({ type: "words", words: candidates }, words.at(-1) ?? ""));
}

async function askSource(source: Source, before: readonly string[], app: App): Promise<readonly string[]> {
  try {
    const { completionSources } = await import("./completion-sources.ts");
    const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
    return await completionSources[source](givenChoices(before), appWith(app, { stderr }));
  } catch {
    // No cluster, no location: nothing to offer.
    return [];
  }
}
