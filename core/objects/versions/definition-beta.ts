import { objectAt, objectsAt, textAt, withEach, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/** What v1beta1 could say once for all versions. */
const SHARED = ["version", "validation", "subresources", "additionalPrinterColumns"];

/**
 * A CustomResourceDefinition of apiextensions.k8s.io/v1beta1 → v1: each version says for itself what could be said for
 * all of them, printer columns and the conversion webhook have another shape, and what was meant where nothing was said
 * is said. What v1 makes of preserveUnknownFields and of a missing schema is the rule's for definitions.
 */
export function definitionFromBeta(definition: ExactObject): ExactObject {
  const old = objectAt(definition, ["spec"]);
  const spec: ExactObject = {
    ...Object.fromEntries(Object.entries(old).filter(([key]) => !SHARED.includes(key))),
    scope: old["scope"] ?? "Namespaced",
    versions: versionsOf(old).map((version) => versionFromBeta(version, old)),
    // A server that says false in v1beta1 leaves it out in v1.
    ...(old["preserveUnknownFields"] !== false && { preserveUnknownFields: true }),
  };
  return withValue(definition, ["spec"], conversionFromBeta(spec));
}

function versionsOf(spec: ExactObject): readonly ExactObject[] {
  const versions = objectsAt(spec, ["versions"]);
  return versions.length > 0 ? versions : [{ name: textAt(spec, ["version"]), served: true, storage: true }];
}

function versionFromBeta(version: ExactObject, shared: ExactObject): ExactObject {
  const schema = version["schema"] ?? shared["validation"];
  const subresources = version["subresources"] ?? shared["subresources"];
  const additionalPrinterColumns = version["additionalPrinterColumns"] ?? shared["additionalPrinterColumns"];
  return withEach(
    {
      ...version,
      ...(schema !== undefined && { schema }),
      ...(subresources !== undefined && { subresources }),
      ...(additionalPrinterColumns !== undefined && { additionalPrinterColumns }),
    },
    ["additionalPrinterColumns"],
    ({ JSONPath: jsonPath = "", ...column }) => ({ ...column, jsonPath }),
  );
}

function conversionFromBeta(spec: ExactObject): ExactObject {
  const conversion = objectAt(spec, ["conversion"]);
  if (conversion["strategy"] !== "Webhook") return spec;
  const { webhookClientConfig: clientConfig = {}, conversionReviewVersions = ["v1beta1"] } = conversion;
  return withValue(spec, ["conversion"], {
    strategy: "Webhook",
    webhook: { clientConfig, conversionReviewVersions },
  });
}
