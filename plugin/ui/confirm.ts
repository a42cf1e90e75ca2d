import type { Interface } from "node:readline/promises";
import { Failure } from "#core/model/errors.ts";
import type { App } from "#plugin/app.ts";

/** Asks on the terminal; never waits without one. */
export async function confirm(app: App, question: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  if (app.stdin.isTTY !== true || app.stderr.isTTY !== true) {
    throw new Failure(
      "confirmation-needed",
      `${question.replace(/\?$/, "")}: this needs a confirmation, and there is no terminal to ask on`,
    );
  }
  const { createInterface } = await import("node:readline/promises");
  const prompt = createInterface({ input: app.stdin, output: app.stderr });
  try {
    const asked = prompt.question(`${question} [y/N] `, { signal: app.signal });
    const answer = await Promise.race([asked, turnedAway(prompt)]).catch((error: unknown) => {
      app.stderr.write("\n");
      throw error;
    });
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("refused", "not confirmed, nothing was done");
  } finally {
    prompt.close();
  }
}

/** Ctrl-C and Ctrl-D: readline takes them for itself, and a question that never ends would end the program with 0. */
function turnedAway(prompt: Interface): Promise<never> {
  return new Promise((_, reject) => {
    prompt.once("SIGINT", () => reject(new Failure("interrupted", "interrupted: nothing was done")));
    prompt.once("close", () => reject(new Failure("refused", "not confirmed, nothing was done")));
  });
}
