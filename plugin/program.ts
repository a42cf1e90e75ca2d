import type { App } from "./app.ts";

/** What the front does not answer: a file of its own in the bundle, so that a help text costs no more than its words. */
export async function runProgram(app: App): Promise<number> {
  if (app.argv[0] === "__complete") {
    const { completeFromSource } = await import("./complete.ts");
    await completeFromSource(app.argv.slice(1), app);
    return 0;
  }
  const { runCli } = await import("./cli.ts");
  return runCli(app);
}
