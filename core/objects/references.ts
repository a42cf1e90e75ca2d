import { groupResource, type ItemKind } from "#core/model/item.ts";
import { valueAt } from "./drop-path.ts";
import { type ExactJson, type ExactObject, isExactList } from "./exact-json.ts";

/** An object that another one needs, by the names that the other one gives. */
export interface Reference {
  /** `resource.group`. */
  readonly groupResource: string;
  /** "" for cluster-scoped ones. */
  readonly namespace: string;
  readonly name: string;
  /** The object does without it. */
  readonly optional?: boolean | undefined;
}

/** Made in every namespace by the cluster itself, so never missed. */
const EVERYWHERE: ReadonlySet<string> = new Set([
  "serviceaccounts/default",
  "configmaps/kube-root-ca.crt",
  "configmaps/openshift-service-ca.crt",
]);

export function isMadeEverywhere(reference: Pick<Reference, "groupResource" | "name">): boolean {
  return EVERYWHERE.has(`${reference.groupResource}/${reference.name}`);
}

type Collect = (found: Reference) => void;
type Rule = (object: ExactObject, namespace: string, collect: Collect) => void;

/** What an object refers to by name, as far as the built-in kinds and the snapshot kinds say it. Pure. */
export function referencesOf(
  kind: Pick<ItemKind, "group" | "resource">,
  object: ExactObject,
): readonly Reference[] {
  const rule = RULES[groupResource(kind)];
  if (rule === undefined) return [];
  const found: Reference[] = [];
  const namespace = textAt(object, "metadata", "namespace") ?? "";
  rule(object, namespace, (reference) => found.push(reference));
  return found;
}

/** Whether objects of this kind can refer to others at all: the rest need not be parsed. */
export function canRefer(kind: Pick<ItemKind, "group" | "resource">): boolean {
  return RULES[groupResource(kind)] !== undefined;
}

const STORAGE_CLASS = "storageclasses.storage.k8s.io";
const ATTRIBUTES_CLASS = "volumeattributesclasses.storage.k8s.io";
const CLUSTER_ROLE = "clusterroles.rbac.authorization.k8s.io";
const ROLE = "roles.rbac.authorization.k8s.io";
const SNAPSHOT_CLASS = "volumesnapshotclasses.snapshot.storage.k8s.io";

function textAt(value: ExactJson | undefined, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function listAt(value: ExactJson | undefined, ...path: readonly string[]): readonly ExactJson[] {
  const found = valueAt(value, ...path);
  return isExactList(found) ? found : [];
}

/** A cluster-scoped reference by the name that stands at a path. */
function clusterRef(collect: Collect, kind: string, name: string | undefined): void {
  if (name !== undefined) collect({ groupResource: kind, namespace: "", name });
}

function claim(object: ExactObject, _namespace: string, collect: Collect): void {
  clusterRef(collect, "persistentvolumes", textAt(object, "spec", "volumeName"));
  claimClasses(object, collect);
}

function claimClasses(claimLike: ExactJson, collect: Collect): void {
  clusterRef(collect, STORAGE_CLASS, textAt(claimLike, "spec", "storageClassName"));
  clusterRef(collect, ATTRIBUTES_CLASS, textAt(claimLike, "spec", "volumeAttributesClassName"));
}

/** Everything that a pod's spec names; templates of workloads hold the same. */
function podSpec(spec: ExactJson | undefined, namespace: string, collect: Collect): void {
  clusterRef(collect, "priorityclasses.scheduling.k8s.io", textAt(spec, "priorityClassName"));
  clusterRef(collect, "runtimeclasses.node.k8s.io", textAt(spec, "runtimeClassName"));
  const local = localTo(namespace, collect);
  local("serviceaccounts", textAt(spec, "serviceAccountName"));
  pullSecrets(spec, local);
  for (const volume of listAt(spec, "volumes")) podVolume(volume, local);
  for (const field of ["containers", "initContainers"]) {
    for (const container of listAt(spec, field)) containerSources(container, local);
  }
}

type CollectLocal = (kind: string, name: string | undefined, optional?: boolean) => void;

/** References to objects in the same namespace. */
function localTo(namespace: string, collect: Collect): CollectLocal {
  return (kind, name, optional = false) => {
    if (name !== undefined) collect({ groupResource: kind, namespace, name, ...(optional && { optional }) });
  };
}

function pullSecrets(holder: ExactJson | undefined, local: CollectLocal): void {
  for (const entry of listAt(holder, "imagePullSecrets")) local("secrets", textAt(entry, "name"));
}

function podVolume(volume: ExactJson, local: CollectLocal): void {
  sourceOf("configmaps", valueAt(volume, "configMap"), local);
  local("secrets", textAt(volume, "secret", "secretName"), isOptional(valueAt(volume, "secret")));
  local("persistentvolumeclaims", textAt(volume, "persistentVolumeClaim", "claimName"));
  for (const source of listAt(volume, "projected", "sources")) {
    sourceOf("configmaps", valueAt(source, "configMap"), local);
    sourceOf("secrets", valueAt(source, "secret"), local);
  }
}

function containerSources(container: ExactJson, local: CollectLocal): void {
  for (const source of listAt(container, "envFrom")) {
    sourceOf("configmaps", valueAt(source, "configMapRef"), local);
    sourceOf("secrets", valueAt(source, "secretRef"), local);
  }
  for (const variable of listAt(container, "env")) {
    sourceOf("configmaps", valueAt(variable, "valueFrom", "configMapKeyRef"), local);
    sourceOf("secrets", valueAt(variable, "valueFrom", "secretKeyRef"), local);
  }
}

function sourceOf(kind: string, source: ExactJson | undefined, local: CollectLocal): void {
  local(kind, textAt(source, "name"), isOptional(source));
}

function isOptional(source: ExactJson | undefined): boolean {
  return valueAt(source, "optional") === true;
}

const template: Rule = (object, namespace, collect) => {
  podSpec(valueAt(object, "spec", "template", "spec"), namespace, collect);
};

const statefulSet: Rule = (object, namespace, collect) => {
  template(object, namespace, collect);
  for (const claimTemplate of listAt(object, "spec", "volumeClaimTemplates"))
    claimClasses(claimTemplate, collect);
  localTo(namespace, collect)("services", textAt(object, "spec", "serviceName"));
};

const ingress: Rule = (object, namespace, collect) => {
  clusterRef(collect, "ingressclasses.networking.k8s.io", textAt(object, "spec", "ingressClassName"));
  const local = localTo(namespace, collect);
  for (const entry of listAt(object, "spec", "tls")) local("secrets", textAt(entry, "secretName"));
  local("services", textAt(object, "spec", "defaultBackend", "service", "name"));
  for (const rule of listAt(object, "spec", "rules")) {
    for (const path of listAt(rule, "http", "paths"))
      local("services", textAt(path, "backend", "service", "name"));
  }
};

const binding: Rule = (object, namespace, collect) => {
  const name = textAt(object, "roleRef", "name");
  if (name === undefined) return;
  const isLocal = textAt(object, "roleRef", "kind") === "Role";
  collect({ groupResource: isLocal ? ROLE : CLUSTER_ROLE, namespace: isLocal ? namespace : "", name });
};

const RULES: Readonly<Record<string, Rule>> = {
  pods: (object, namespace, collect) => podSpec(object["spec"], namespace, collect),
  "deployments.apps": template,
  "replicasets.apps": template,
  "daemonsets.apps": template,
  "statefulsets.apps": statefulSet,
  "jobs.batch": template,
  replicationcontrollers: template,
  "cronjobs.batch": (object, namespace, collect) =>
    podSpec(valueAt(object, "spec", "jobTemplate", "spec", "template", "spec"), namespace, collect),
  persistentvolumeclaims: claim,
  persistentvolumes: (object, _namespace, collect) => claimClasses(object, collect),
  "rolebindings.rbac.authorization.k8s.io": binding,
  "clusterrolebindings.rbac.authorization.k8s.io": binding,
  serviceaccounts: (object, namespace, collect) => pullSecrets(object, localTo(namespace, collect)),
  "ingresses.networking.k8s.io": ingress,
  "gateways.gateway.networking.k8s.io": (object, _namespace, collect) =>
    clusterRef(
      collect,
      "gatewayclasses.gateway.networking.k8s.io",
      textAt(object, "spec", "gatewayClassName"),
    ),
  "volumesnapshots.snapshot.storage.k8s.io": (object, _namespace, collect) => {
    clusterRef(collect, SNAPSHOT_CLASS, textAt(object, "spec", "volumeSnapshotClassName"));
    const content =
      textAt(object, "status", "boundVolumeSnapshotContentName") ??
      textAt(object, "spec", "source", "volumeSnapshotContentName");
    clusterRef(collect, "volumesnapshotcontents.snapshot.storage.k8s.io", content);
  },
  "volumesnapshotcontents.snapshot.storage.k8s.io": (object, _namespace, collect) =>
    clusterRef(collect, SNAPSHOT_CLASS, textAt(object, "spec", "volumeSnapshotClassName")),
};

/** Kinds that the rules above lead to, together with what gives accounts their rights. */
export const DEPENDENCY_KINDS: ReadonlySet<string> = new Set([
  "configmaps",
  "secrets",
  "serviceaccounts",
  "services",
  "persistentvolumeclaims",
  "persistentvolumes",
  STORAGE_CLASS,
  ATTRIBUTES_CLASS,
  ROLE,
  CLUSTER_ROLE,
  "rolebindings.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
  "priorityclasses.scheduling.k8s.io",
  "runtimeclasses.node.k8s.io",
  "ingressclasses.networking.k8s.io",
  "gatewayclasses.gateway.networking.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
  SNAPSHOT_CLASS,
]);
