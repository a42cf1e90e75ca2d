import { textAt, textsAt, withValue } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

const FINALIZERS = ["spec", "finalizers"];
const NAME_LABEL = ["metadata", "labels", "kubernetes.io/metadata.name"];

/** Foreign spec.finalizers survive creation and then nobody removes them: the namespace could never be deleted. */
export const namespaces: Rule = {
  does: [
    "Foreign entries of `spec.finalizers` are left out: nothing would ever remove them.",
    "One that is being deleted is waited for and then made anew.",
  ],
  transform(object, { item, facts }) {
    const foreign = textsAt(object, FINALIZERS).filter((name) => name !== "kubernetes");
    const name = facts.mapNamespace(item.name);
    const own = foreign.length > 0 ? withValue(object, FINALIZERS, ["kubernetes"]) : object;
    const renamed = withValue(own, ["metadata", "name"], name);
    // The server forces this label to the real name; said here so that the result compares equal.
    const labelled = textAt(renamed, NAME_LABEL) === "" ? renamed : withValue(renamed, NAME_LABEL, name);
    return restored(labelled, {
      warnings: foreign.map(
        (finalizer) => `spec.finalizers: ${finalizer} was left out, nothing would remove it`,
      ),
    });
  },
};
