import { expect, test } from "vitest";
import type { App } from "#plugin/app.ts";
import { openProgress } from "#plugin/ui/progress.ts";
import { eventually } from "#test/harness/eventually.ts";

/** A terminal that keeps what is written to it. */
function terminal() {
  const written: string[] = [];
  const stderr = { isTTY: true, columns: 80, rows: 24, write: (text: string) => written.push(text) > 0 };
  const app = { stderr, env: {}, quiet: false, verbosity: 0, now: () => new Date(0) } as unknown as App;
  return { app, text: () => written.join("") };
}

/** Until the repainting library has been handed over: a view that was opened later paints. */
async function loaded(): Promise<void> {
  const { app, text } = terminal();
  const later = openProgress(app);
  await eventually("a painted phase", async () => {
    later.onProgress({ type: "phase-started", phase: "reading" });
    return text() !== "";
  });
  later.close();
}

test("a run without a phase leaves no empty line in a terminal", async () => {
  const { app, text } = terminal();
  const progress = openProgress(app);
  await loaded();
  progress.onProgress({ type: "noted", message: "told with -v only" });
  progress.close();
  expect(text()).toBe("");
});

test("the last state of a phase stays on the screen", async () => {
  const { app, text } = terminal();
  const progress = openProgress(app);
  await loaded();
  progress.onProgress({ type: "phase-started", phase: "reading" });
  progress.onProgress({ type: "phase-ended", phase: "reading", done: 3 });
  progress.close();
  expect(text()).toMatch(/reading.*3/);
});
