import { textAt, valueAt, withEach, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Rule, Ruling } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";

const AUTOUPDATE = ["metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"];
const BOOTSTRAPPING = ["metadata", "labels", "kubernetes.io/bootstrapping"];

/** The server makes and mends these by itself, unless somebody has forbidden it to. */
function bootstrapped(object: ExactObject): Ruling | undefined {
  const own = textAt(object, BOOTSTRAPPING) === "rbac-defaults" && textAt(object, AUTOUPDATE) !== "false";
  return own ? skipped("auto-made", "the API server makes its own default roles and bindings") : undefined;
}

/** Also of aggregated cluster roles: their rules are filled in by a controller. */
export const roles: Rule = {
  does: [
    "Default roles that the API server keeps stay away, unless somebody forbade it to update them.",
    "The rules of aggregated roles are left to the controller that fills them in.",
  ],
  transform(object) {
    const skip = bootstrapped(object);
    if (skip !== undefined) return skip;
    const aggregated = valueAt(object, ["aggregationRule"]) !== undefined;
    return restored(aggregated ? withValue(object, ["rules"], []) : object);
  },
};

export const bindings: Rule = {
  does: [
    "After the roles they name.",
    "Default bindings that the API server keeps stay away.",
    "Subjects follow the namespace mapping.",
  ],
  transform(object, { facts }) {
    const skip = bootstrapped(object);
    if (skip !== undefined) return skip;
    return restored(
      withEach(object, ["subjects"], (subject) => {
        const namespace = textAt(subject, ["namespace"]);
        return namespace === "" ? subject : withValue(subject, ["namespace"], facts.mapNamespace(namespace));
      }),
    );
  },
};
