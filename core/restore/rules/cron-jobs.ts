import { valueAt, withValue } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

/** Suspended until everything is there, so that none fires into half a restore; a copy stays suspended. */
export const cronJobs: Rule = {
  does: [
    "Created suspended and released as one of the last steps, when all tiers are there, so that none fires into half a restore.",
    "A copy stays suspended unless `--include-external` says otherwise.",
  ],
  transform(object, { copy, facts }) {
    if (valueAt(object, ["spec", "suspend"]) === true) return restored(object);
    const suspended = withValue(object, ["spec", "suspend"], true);
    if (copy && !facts.request.includeExternal) {
      return restored(suspended, {
        warnings: [
          "stays suspended: the original may still run, and what it does may reach outside; --include-external lets it run",
        ],
      });
    }
    return restored(suspended, {
      later: [{ name: "un-suspend", patch: { spec: { suspend: false } }, after: "objects" }],
    });
  },
};
