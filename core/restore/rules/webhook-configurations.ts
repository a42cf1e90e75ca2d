import type { ExactObject } from "#core/objects/exact-json.ts";
import { objectAt, withEach, withoutValue } from "#core/restore/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

/** The old cluster's certificate would be trusted by nobody: cert-manager puts the new one in. */
export const webhookConfigurations: Rule = {
  transform(object) {
    if (!isInjected(object)) return restored(object);
    return restored(
      withEach(object, ["webhooks"], (webhook) => withoutValue(webhook, ["clientConfig", "caBundle"])),
    );
  },
};

function isInjected(object: ExactObject): boolean {
  const annotations = Object.keys(objectAt(object, ["metadata", "annotations"]));
  return annotations.some((key) => key.startsWith("cert-manager.io/inject-ca-from"));
}
