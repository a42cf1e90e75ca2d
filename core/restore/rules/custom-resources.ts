import { valueAt, withoutValue, withValue } from "#core/restore/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

const OBSERVED = ["status", "observedGeneration"];

/**
 * The status stays in the object: a server with the status subresource leaves it out, one without it stores it. There
 * generation starts again at 1, and a controller that finds a higher observedGeneration would believe it is ahead.
 */
export const customResources: Rule = {
  transform(object, { original }) {
    const observed = valueAt(object, OBSERVED);
    if (observed === undefined) return restored(object);
    const upToDate = observed === valueAt(original, ["metadata", "generation"]);
    return restored(upToDate ? withValue(object, OBSERVED, 1) : withoutValue(object, OBSERVED));
  },
};
