import { groupResource, type ItemKind } from "#core/model/item.ts";
import { podSpecPath } from "#core/restore/pod-specs.ts";

/** Paths, keys joined by dots and `*` for a list's entries → by which field entries are matched; "" joins plain values. */
export type MergeKeys = ReadonlyMap<string, string>;

/** As the API's types declare it (patchMergeKey); every list that is not named is replaced as a whole. */
const OF_METADATA: readonly Key[] = [
  ["ownerReferences", "uid"],
  ["finalizers", ""],
];

const OF_CONTAINER: readonly Key[] = [
  ["ports", "containerPort"],
  ["env", "name"],
  ["volumeMounts", "mountPath"],
  ["volumeDevices", "devicePath"],
];

const OF_POD_SPEC: readonly Key[] = [
  ...["containers", "initContainers", "ephemeralContainers"].flatMap((list) => [
    [list, "name"] as const,
    ...below(`${list}.*`, OF_CONTAINER),
  ]),
  ["volumes", "name"],
  ["imagePullSecrets", "name"],
  ["hostAliases", "ip"],
  ["topologySpreadConstraints", "topologyKey"],
  ["schedulingGates", "name"],
  ["resourceClaims", "name"],
];

const WEBHOOKS: readonly Key[] = [
  ["webhooks", "name"],
  ["webhooks.*.matchConditions", "name"],
];
const POLICY: readonly Key[] = [
  ["spec.matchConditions", "name"],
  ["spec.variables", "name"],
];

const OF_KIND: Readonly<Record<string, readonly Key[]>> = {
  services: [["spec.ports", "port"]],
  serviceaccounts: [["secrets", "name"]],
  "mutatingadmissionpolicies.admissionregistration.k8s.io": POLICY,
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": WEBHOOKS,
  "validatingadmissionpolicies.admissionregistration.k8s.io": POLICY,
  "validatingwebhookconfigurations.admissionregistration.k8s.io": WEBHOOKS,
};

type Key = readonly [path: string, key: string];

function below(path: string, keys: readonly Key[]): readonly Key[] {
  return keys.map(([inner, key]) => [`${path}.${inner}`, key]);
}

const known = new Map<string, MergeKeys>();

/** Of a built-in kind. */
export function mergeKeysOf(kind: Pick<ItemKind, "group" | "resource">): MergeKeys {
  const name = groupResource(kind);
  const keys = known.get(name) ?? gatherKeys(kind);
  known.set(name, keys);
  return keys;
}

function gatherKeys(kind: Pick<ItemKind, "group" | "resource">): MergeKeys {
  const pods = groupResource(kind) === "podtemplates" ? ["template", "spec"] : podSpecPath(kind);
  return new Map([
    ...below("metadata", OF_METADATA),
    ["status.conditions", "type"],
    ...(OF_KIND[groupResource(kind)] ?? []),
    ...(pods === undefined ? [] : ofPods(pods)),
  ]);
}

function ofPods(spec: readonly string[]): readonly Key[] {
  const template = spec.slice(0, -1);
  const metadata = template.length === 0 ? [] : below([...template, "metadata"].join("."), OF_METADATA);
  return [...below(spec.join("."), OF_POD_SPEC), ...metadata];
}
