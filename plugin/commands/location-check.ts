import type { CheckStep } from "#core/storage/check-store.ts";
import { defineCommand } from "#plugin/command.ts";
import { outputFlag } from "#plugin/flags.ts";
import { exitCodeOf } from "#plugin/ui/failure.ts";
import { afterLocationCheck } from "#plugin/ui/hint.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";
import { renderTable } from "#plugin/ui/table.ts";

export const locationCheckCommand = defineCommand({
  words: ["location", "check"],
  summary: "Test a location step by step: list, write, read back, conditional writes, delete, clock",
  positionals: [
    { name: "NAME|URL", describe: "the location; the default one when left out", completes: "locations" },
  ],
  flags: { ...outputFlag },
  examples: [
    { command: "kubectl backup location check", meaning: "the default location" },
    {
      command: "kubectl backup location check 's3://my-bucket/clusters?region=eu-central-1'",
      meaning: "before adding it",
    },
  ],
  exitCodes: [0, 2, 7],
  async run({ positionals: [text], flags }, app) {
    const [{ resolveLocation }, { openStore }, { checkStore }, { surroundingsOf }] = await Promise.all([
      import("#core/storage/locations.ts"),
      import("#core/storage/open-store.ts"),
      import("#core/storage/check-store.ts"),
      import("#plugin/context.ts"),
    ]);
    const { location } = await resolveLocation(text, surroundingsOf(app));
    const { store, warnings, whereToMake } = await openStore(location);
    for (const warning of warnings) app.stderr.write(`warning: ${warning}\n`);
    try {
      const steps = await checkStore(store, {
        readOnly: location.readOnly,
        whereToMake,
        now: app.now,
        signal: app.signal,
      });
      await print(app, outputFormat(flags.output), {
        document: {
          location: location.url,
          steps: steps.map(({ failure, ...step }) => ({ ...step, error: failure?.message })),
        },
        names: [location.url],
        text: () => `${location.url}\n${stepTable(steps)}`,
      });
      const failed = steps.find((step) => step.failure !== undefined)?.failure;
      if (failed !== undefined)
        app.stderr.write(`error: ${failed.message}\nhint: ${afterLocationCheck(failed)}\n`);
      return failed === undefined ? 0 : exitCodeOf(failed, app.signal);
    } finally {
      store.close();
    }
  },
});

function stepTable(steps: readonly CheckStep[]): string {
  return renderTable(
    ["STEP", "RESULT", "DETAIL"],
    steps.map((step) => [
      step.step,
      step.failure === undefined ? "ok" : "failed",
      step.failure?.message ?? step.detail,
    ]),
  );
}
