import { objectAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/** cert-manager puts the target's own certificate in; the old cluster's would be trusted by nobody. */
export function isCertificateInjected(object: ExactObject): boolean {
  const annotations = Object.keys(objectAt(object, ["metadata", "annotations"]));
  return annotations.some((key) => key.startsWith("cert-manager.io/inject-ca-from"));
}
