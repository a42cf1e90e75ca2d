import { changeTexts } from "#core/objects/change-path.ts";
import { withoutKeys } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { MapNamespace } from "./namespace-references.ts";

/** By these a deployment tool knows its own: of a copy it would think that nobody wants it, and delete it. */
const TRACKING_LABELS =
  /^(argocd\.argoproj\.io\/instance$|kustomize\.toolkit\.fluxcd\.io\/|helm\.toolkit\.fluxcd\.io\/)/;
const TRACKING_ANNOTATIONS: ReadonlySet<string> = new Set(["argocd.argoproj.io/tracking-id"]);

/** A copy is none of what the original's deployment tool looks after. */
export function withoutTracking(object: ExactObject): ExactObject {
  const unlabelled = withoutKeys(object, ["metadata", "labels"], (key) => TRACKING_LABELS.test(key));
  return withoutKeys(unlabelled, ["metadata", "annotations"], (key) => TRACKING_ANNOTATIONS.has(key));
}

const RELEASE_NAMESPACE = ["metadata", "annotations", "meta.helm.sh/release-namespace"];
/** `namespace/name` of a certificate or Secret. */
const CERTIFICATES: readonly (readonly string[])[] = [
  ["metadata", "annotations", "cert-manager.io/inject-ca-from"],
  ["metadata", "annotations", "cert-manager.io/inject-ca-from-secret"],
];

/** Annotations of any kind that name one namespace. */
export function mapNamespaceAnnotations(object: ExactObject, mapNamespace: MapNamespace): ExactObject {
  const released = changeTexts(object, [RELEASE_NAMESPACE], mapNamespace);
  return changeTexts(released, CERTIFICATES, (text) => {
    const [namespace = "", ...name] = text.split("/");
    return name.length === 1 ? `${mapNamespace(namespace)}/${name[0]}` : text;
  });
}
