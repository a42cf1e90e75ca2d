import { objectsAt, textAt, valueAt, withEach, withoutValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Need, Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";
import { isCertificateInjected } from "./injected-certificates.ts";

/** One that fails closed and has nobody behind it refuses all that it matches, and so may lock the cluster. */
export const webhookConfigurations: Rule = {
  does: [
    "After everything else. One that fails closed waits for a ready endpoint of its Service, up to two minutes, and is neither created nor changed, but named, where there is none; others are restored with a warning.",
    "The certificate of the old cluster is left out where cert-manager puts one in.",
  ],
  transform(object) {
    if (!isCertificateInjected(object)) return restored(object);
    return restored(
      withEach(object, ["webhooks"], (webhook) => withoutValue(webhook, ["clientConfig", "caBundle"])),
    );
  },
  needs: (object) => objectsAt(object, ["webhooks"]).flatMap(serviceOf),
};

function serviceOf(webhook: ExactObject): readonly Need[] {
  const service = ["clientConfig", "service"];
  if (valueAt(webhook, service) === undefined) return [];
  return [
    {
      type: "service",
      namespace: textAt(webhook, [...service, "namespace"]),
      name: textAt(webhook, [...service, "name"]),
      blocks: textAt(webhook, ["failurePolicy"]) !== "Ignore",
    },
  ];
}
