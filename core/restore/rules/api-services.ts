import { textAt, valueAt, withoutValue } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";
import { isCertificateInjected } from "./injected-certificates.ts";

const AUTO_MADE = { reason: "auto-made", message: "the API server makes it for each version it serves" };

/** An APIService for a version that the target no longer has would break discovery for everybody. */
export const apiServices: Rule = {
  does: [
    "Those that the API server makes for its own versions stay away.",
    "The certificate of the old cluster is left out where cert-manager puts one in.",
    "Restored with a warning where its Service has no ready endpoint.",
  ],
  decide: ({ labels }) =>
    Object.hasOwn(labels, "kube-aggregator.kubernetes.io/automanaged") ? AUTO_MADE : undefined,
  transform(object) {
    const service = valueAt(object, ["spec", "service"]);
    if (service === undefined || service === null) return skipped(AUTO_MADE.reason, AUTO_MADE.message);
    return restored(isCertificateInjected(object) ? withoutValue(object, ["spec", "caBundle"]) : object);
  },
  needs: (object) => [
    {
      type: "service",
      namespace: textAt(object, ["spec", "service", "namespace"]),
      name: textAt(object, ["spec", "service", "name"]),
      blocks: false,
    },
  ],
};
