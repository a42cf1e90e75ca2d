import { withEach, withoutValue } from "#core/restore/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";
import { isCertificateInjected } from "./injected-certificates.ts";

export const webhookConfigurations: Rule = {
  transform(object) {
    if (!isCertificateInjected(object)) return restored(object);
    return restored(
      withEach(object, ["webhooks"], (webhook) => withoutValue(webhook, ["clientConfig", "caBundle"])),
    );
  },
};
