import { createInterface } from "node:readline/promises";
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
  const prompt = createInterface({ input: app.stdin, output: app.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: app.signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("refused", "not confirmed, nothing was done");
  } finally {
    prompt.close();
  }
}
