import { groupResource, type ItemKind } from "#core/model/item.ts";
import { changePaths, changeTexts } from "#core/objects/change-path.ts";
import { textAt, withValue } from "#core/objects/edit-object.ts";
import type { ExactJson, ExactObject } from "#core/objects/exact-json.ts";
import { isExactObject } from "#core/objects/exact-json.ts";
import { podSpecPath } from "#core/restore/pod-specs.ts";

type Kind = Pick<ItemKind, "group" | "resource">;
type Path = readonly string[];
export type MapNamespace = (namespace: string) => string;

/** By group resource. */
type PathsOfKinds = ReadonlyMap<string, readonly Path[]>;

/** Keys joined by dots. */
function pathsOf(kinds: Readonly<Record<string, readonly string[]>>): PathsOfKinds {
  const split = (dotted: readonly string[]) => dotted.map((path) => path.split("."));
  return new Map(Object.entries(kinds).map(([kind, dotted]) => [kind, split(dotted)]));
}

/** The paths of a kind at which a namespace's name stands. */
const NAMES = pathsOf({
  "apiservices.apiregistration.k8s.io": ["spec.service.namespace"],
  "customresourcedefinitions.apiextensions.k8s.io": [
    "spec.conversion.webhook.clientConfig.service.namespace",
  ],
  "flowschemas.flowcontrol.apiserver.k8s.io": ["spec.rules.*.subjects.*.serviceAccount.namespace"],
  "gateways.gateway.networking.k8s.io": ["spec.listeners.*.tls.certificateRefs.*.namespace"],
  "grpcroutes.gateway.networking.k8s.io": routes(),
  "httproutes.gateway.networking.k8s.io": routes(),
  "ingressclasses.networking.k8s.io": ["spec.parameters.namespace"],
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": ["spec.paramRef.namespace"],
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": ["webhooks.*.clientConfig.service.namespace"],
  persistentvolumeclaims: ["spec.dataSourceRef.namespace"],
  persistentvolumes: [
    "spec.csi.controllerExpandSecretRef.namespace",
    "spec.csi.controllerPublishSecretRef.namespace",
    "spec.csi.nodeExpandSecretRef.namespace",
    "spec.csi.nodePublishSecretRef.namespace",
    "spec.csi.nodeStageSecretRef.namespace",
  ],
  "podmonitors.monitoring.coreos.com": ["spec.namespaceSelector.matchNames.*"],
  "probes.monitoring.coreos.com": ["spec.targets.ingress.namespaceSelector.matchNames.*"],
  "referencegrants.gateway.networking.k8s.io": ["spec.from.*.namespace"],
  "servicemonitors.monitoring.coreos.com": ["spec.namespaceSelector.matchNames.*"],
  "tcproutes.gateway.networking.k8s.io": routes(),
  "tlsroutes.gateway.networking.k8s.io": routes(),
  "udproutes.gateway.networking.k8s.io": routes(),
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": ["spec.paramRef.namespace"],
  "validatingwebhookconfigurations.admissionregistration.k8s.io": [
    "webhooks.*.clientConfig.service.namespace",
  ],
});

function routes(): readonly string[] {
  return ["spec.parentRefs.*.namespace", "spec.rules.*.backendRefs.*.namespace"];
}

/** The same of label selectors for namespaces. */
const SELECTORS = pathsOf({
  "gateways.gateway.networking.k8s.io": ["spec.listeners.*.allowedRoutes.namespaces.selector"],
  "mutatingadmissionpolicies.admissionregistration.k8s.io": ["spec.matchConstraints.namespaceSelector"],
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": ["spec.matchResources.namespaceSelector"],
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": ["webhooks.*.namespaceSelector"],
  "networkpolicies.networking.k8s.io": [
    "spec.ingress.*.from.*.namespaceSelector",
    "spec.egress.*.to.*.namespaceSelector",
  ],
  "validatingadmissionpolicies.admissionregistration.k8s.io": ["spec.matchConstraints.namespaceSelector"],
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": ["spec.matchResources.namespaceSelector"],
  "validatingwebhookconfigurations.admissionregistration.k8s.io": ["webhooks.*.namespaceSelector"],
});

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
/** Of a pod's spec. */
const AFFINITY_TERMS: readonly Path[] = ["podAffinity", "podAntiAffinity"].flatMap((kind) => [
  ["affinity", kind, REQUIRED, "*"],
  ["affinity", kind, PREFERRED, "*", "podAffinityTerm"],
]);

const NAME_LABEL = "kubernetes.io/metadata.name";

/** What names one namespace, of the kinds that are known to do so. */
export function mapNamespaceReferences(
  kind: Kind,
  object: ExactObject,
  mapNamespace: MapNamespace,
): ExactObject {
  const name = groupResource(kind);
  const terms = affinityTerms(kind);
  const names = [...(NAMES.get(name) ?? []), ...terms.map((term) => [...term, "namespaces", "*"])];
  const selectors = [...(SELECTORS.get(name) ?? []), ...terms.map((term) => [...term, "namespaceSelector"])];
  const named = changeTexts(object, names, mapNamespace);
  const selected = changePaths(named, selectors, (selector) => mapSelector(selector, mapNamespace));
  return name === "rolebindings.rbac.authorization.k8s.io" ||
    name === "clusterrolebindings.rbac.authorization.k8s.io"
    ? changePaths(selected, [["subjects", "*"]], (subject) => mapSubjectName(subject, mapNamespace))
    : selected;
}

function affinityTerms(kind: Kind): readonly Path[] {
  const spec = podSpecPath(kind);
  return spec === undefined ? [] : AFFINITY_TERMS.map((term) => [...spec, ...term]);
}

function mapSelector(selector: ExactJson, mapNamespace: MapNamespace): ExactJson {
  if (!isExactObject(selector)) return selector;
  const matched = changeTexts(selector, [["matchLabels", NAME_LABEL]], mapNamespace);
  return changePaths(matched, [["matchExpressions", "*"]], (expression) =>
    isExactObject(expression) && expression["key"] === NAME_LABEL
      ? changeTexts(expression, [["values", "*"]], mapNamespace)
      : expression,
  );
}

const ACCOUNT = /^(?<before>system:serviceaccounts?:)(?<namespace>[^:]+)(?<after>(:[^:]+)?)$/;

/** A service account spelt as a user, or all of a namespace's accounts as a group. */
function mapSubjectName(subject: ExactJson, mapNamespace: MapNamespace): ExactJson {
  if (!isExactObject(subject) || subject["kind"] === "ServiceAccount") return subject;
  const { before, namespace, after } = ACCOUNT.exec(textAt(subject, ["name"]))?.groups ?? {};
  if (namespace === undefined || mapNamespace(namespace) === namespace) return subject;
  return withValue(subject, ["name"], `${before}${mapNamespace(namespace)}${after}`);
}
