import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";
import { restartObserved } from "./status.ts";

/** The status stays in the object: a server with the status subresource leaves it out, one without it stores it. */
export const customResources: Rule = {
  transform: (object, { original }) => restored(restartObserved(object, original)),
};
