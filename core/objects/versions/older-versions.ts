import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectAt, textAt, valueAt, withEach, withoutValue, withValue } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject } from "#core/objects/exact-json.ts";
import { definitionFromBeta } from "./definition-beta.ts";
import { ingressFromBeta } from "./ingress-beta.ts";
import { workloadFromBeta } from "./workload-beta.ts";

type Convert = (object: ExactObject) => ExactObject;

interface Successor {
  /** `resources.group/version` */
  readonly from: string;
  readonly to: string;
  readonly convert?: Convert | undefined;
}

/**
 * Versions that servers gave up → the one that says the same; most were only renamed. What is not listed is named as
 * not served, and never guessed at.
 */
const SUCCESSORS: readonly Successor[] = [
  { from: "controllerrevisions.apps/v1beta1", to: "v1" },
  { from: "deployments.apps/v1beta1", to: "v1", convert: workloadFromBeta },
  { from: "statefulsets.apps/v1beta1", to: "v1", convert: workloadFromBeta },
  { from: "endpointslices.discovery.k8s.io/v1beta1", to: "v1", convert: sliceFromBeta },
  { from: "controllerrevisions.apps/v1beta2", to: "v1" },
  { from: "daemonsets.apps/v1beta2", to: "v1" },
  { from: "deployments.apps/v1beta2", to: "v1" },
  { from: "replicasets.apps/v1beta2", to: "v1" },
  { from: "statefulsets.apps/v1beta2", to: "v1" },
  { from: "cronjobs.batch/v1beta1", to: "v1" },
  { from: "horizontalpodautoscalers.autoscaling/v2beta2", to: "v2" },
  { from: "poddisruptionbudgets.policy/v1beta1", to: "v1", convert: budgetFromBeta },
  { from: "ingresses.networking.k8s.io/v1beta1", to: "v1", convert: ingressFromBeta },
  { from: "ingressclasses.networking.k8s.io/v1beta1", to: "v1" },
  { from: "servicecidrs.networking.k8s.io/v1beta1", to: "v1" },
  { from: "apiservices.apiregistration.k8s.io/v1beta1", to: "v1" },
  {
    from: "customresourcedefinitions.apiextensions.k8s.io/v1beta1",
    to: "v1",
    convert: definitionFromBeta,
  },
  { from: "runtimeclasses.node.k8s.io/v1beta1", to: "v1" },
  { from: "priorityclasses.scheduling.k8s.io/v1beta1", to: "v1" },
  { from: "csidrivers.storage.k8s.io/v1beta1", to: "v1" },
  { from: "storageclasses.storage.k8s.io/v1beta1", to: "v1" },
  { from: "volumesnapshotclasses.snapshot.storage.k8s.io/v1beta1", to: "v1" },
  { from: "volumesnapshotcontents.snapshot.storage.k8s.io/v1beta1", to: "v1" },
  { from: "volumesnapshots.snapshot.storage.k8s.io/v1beta1", to: "v1" },
  { from: "volumeattributesclasses.storage.k8s.io/v1beta1", to: "v1" },
  { from: "clusterrolebindings.rbac.authorization.k8s.io/v1beta1", to: "v1" },
  { from: "clusterroles.rbac.authorization.k8s.io/v1beta1", to: "v1" },
  { from: "rolebindings.rbac.authorization.k8s.io/v1beta1", to: "v1" },
  { from: "roles.rbac.authorization.k8s.io/v1beta1", to: "v1" },
  { from: "mutatingadmissionpolicies.admissionregistration.k8s.io/v1beta1", to: "v1" },
  { from: "mutatingadmissionpolicybindings.admissionregistration.k8s.io/v1beta1", to: "v1" },
  { from: "validatingadmissionpolicies.admissionregistration.k8s.io/v1beta1", to: "v1" },
  { from: "validatingadmissionpolicybindings.admissionregistration.k8s.io/v1beta1", to: "v1" },
  { from: "flowschemas.flowcontrol.apiserver.k8s.io/v1beta2", to: "v1" },
  { from: "flowschemas.flowcontrol.apiserver.k8s.io/v1beta3", to: "v1" },
  {
    from: "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/v1beta2",
    to: "v1",
    convert: sharesFromBeta,
  },
  { from: "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/v1beta3", to: "v1" },
];

const BY_VERSION: ReadonlyMap<string, Successor> = new Map(SUCCESSORS.map((each) => [each.from, each]));

type VersionedKind = Pick<ItemKind, "group" | "resource" | "version">;

function successorOf(kind: VersionedKind): Successor | undefined {
  return BY_VERSION.get(`${groupResource(kind)}/${kind.version}`);
}

/** The version in which objects of this one can be sent where it is not served any more. */
export function newerVersion(kind: VersionedKind): string | undefined {
  return successorOf(kind)?.to;
}

/** Of the versions that are served: the kind's own, or the one that says the same. */
export function sayingTheSame<Served extends { readonly version: string }>(
  kind: VersionedKind,
  served: readonly Served[],
): Served | undefined {
  const inVersion = (wanted: string | undefined) => served.find(({ version }) => version === wanted);
  return inVersion(kind.version) ?? inVersion(newerVersion(kind));
}

/**
 * The object as it says the same in the newer version. Its own version counts before its kind's: in an archive of
 * Velero's, definitions of two versions lie side by side.
 */
export function inNewerVersion(object: ExactObject, kind: VersionedKind, version: string): ExactObject {
  const successor = successorOf({ ...kind, version: versionOf(object, kind) });
  if (successor?.to !== version) return object;
  const converted = successor.convert?.(object) ?? object;
  return withValue(converted, ["apiVersion"], kind.group === "" ? version : `${kind.group}/${version}`);
}

function versionOf(object: ExactObject, { group, version }: VersionedKind): string {
  const own = textAt(object, ["apiVersion"]);
  return own.startsWith(`${group}/`) ? own.slice(group.length + 1) : version;
}

/** An empty selector meant no pod in v1beta1, and means every pod in v1. */
function budgetFromBeta(budget: ExactObject): ExactObject {
  if (Object.keys(objectAt(budget, ["spec", "selector"])).length > 0) return budget;
  const none = { key: "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match", operator: "Exists" };
  return withValue(budget, ["spec", "selector"], { matchExpressions: [none] });
}

/**
 * Zone and node became fields of their own; for the rest of the topology see the rule for slices. Before there was a
 * field for the node, the host name was the node's.
 */
function sliceFromBeta(slice: ExactObject): ExactObject {
  return withEach(slice, ["endpoints"], (endpoint) => {
    const { topology, ...rest } = endpoint;
    if (!isExactObject(topology)) return rest;
    const { [ZONE]: zone, [HOST]: node, ...others } = topology;
    return {
      ...(node !== undefined && { nodeName: node }),
      ...(zone !== undefined && { zone }),
      ...(Object.keys(others).length > 0 && { deprecatedTopology: others }),
      ...rest,
    };
  });
}

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";

/** Renamed in v1beta3. */
function sharesFromBeta(level: ExactObject): ExactObject {
  const assured = ["spec", "limited", "assuredConcurrencyShares"];
  const shares = valueAt(level, assured);
  if (shares === undefined) return level;
  return withValue(withoutValue(level, assured), ["spec", "limited", "nominalConcurrencyShares"], shares);
}

export const olderVersions: readonly { readonly what: string; readonly reason: string }[] = SUCCESSORS.map(
  ({ from, to }) => ({ what: from, reason: `written as ${to} where the cluster does not serve it any more` }),
);
