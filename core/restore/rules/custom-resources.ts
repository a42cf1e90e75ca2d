import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";
import { restartObserved } from "./status.ts";

/** The status stays in the object: a server with the status subresource leaves it out, one without it stores it. */
export const customResources: Rule = {
  does: [
    "The status returns with `--include-status`, or where the kind has no status subresource; what a controller had observed of the old generation says so of the new one.",
    "Owners are created first.",
  ],
  transform: (object, { original }) => restored(restartObserved(object, original)),
};
