import type { StoredItem } from "#core/catalog/catalog.ts";
import { groupResource } from "#core/model/item.ts";
import { textAt, valueAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { readVolume } from "#core/restore/claims.ts";
import { isCopy, isRenamed } from "#core/restore/copies.ts";
import { withoutTracking } from "#core/restore/mapping/tracking.ts";
import type { RuleFacts } from "#core/restore/rule.ts";
import { snapshotHandle } from "#core/restore/snapshot-contents.ts";
import { hostsOf } from "./hosts.ts";
import type { TakenHosts } from "./taken-hosts.ts";

/** How something that a restore writes reaches, or would reach, outside the cluster. */
export interface Reach {
  readonly reach:
    | "load-balancer"
    | "host"
    | "volume-handle"
    | "snapshot-handle"
    | "cron-job"
    | "external-kind"
    | "tracking"
    | "helm";
  readonly group: string;
  readonly resource: string;
  /** In the target. */
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
  /** It does not happen, of a copy without --include-external. */
  readonly withheld: boolean;
}

/** An item that is written, after its rules. */
export interface Written {
  readonly item: StoredItem;
  readonly target: { readonly namespace: string; readonly name: string };
  /** As it lay in the backup. */
  readonly original: ExactObject;
  /** As it is sent. */
  readonly object: ExactObject;
  /** With its later steps done. */
  readonly intended: ExactObject;
}

export interface OutsideFacts {
  readonly rules: RuleFacts;
  readonly hosts: TakenHosts;
}

interface Reaching extends Written, OutsideFacts {
  readonly copy: boolean;
}

type Found = Pick<Reach, "reach" | "message" | "withheld">;

/** What an object that is created or changed reaches outside the cluster; most objects nothing. Pure. */
export function reachesOf(written: Written, facts: OutsideFacts): readonly Reach[] {
  const { item, target } = written;
  const reaching = { ...written, ...facts, copy: isCopy(item, facts.rules) };
  const found = [
    ...(BY_KIND.get(groupResource(item))?.(reaching) ?? []),
    ...takenHosts(reaching),
    ...ownedOutside(reaching),
    ...(reaching.copy ? [...tracked(reaching), ...releasedByHelm(reaching)] : []),
  ];
  return found.map((one) => reachOf(item, target, one));
}

/** Of an object that is not written at all, since its kind owns something outside. */
export function withheldReach(item: StoredItem, message: string, { mapNamespace }: RuleFacts): Reach {
  const namespace = item.namespaced ? mapNamespace(item.namespace) : "";
  return reachOf(item, { namespace, name: item.name }, { reach: "external-kind", message, withheld: true });
}

function reachOf(
  { group, resource }: StoredItem,
  { namespace, name }: Written["target"],
  found: Found,
): Reach {
  return { ...found, group, resource, namespace, name };
}

const BY_KIND: ReadonlyMap<string, (reaching: Reaching) => readonly Found[]> = new Map([
  ["services", loadBalancer],
  ["cronjobs.batch", cronJob],
  ["persistentvolumes", volumeHandle],
  ["secrets", helmRelease],
  ["volumesnapshotcontents.snapshot.storage.k8s.io", snapshotOfOriginal],
]);

function loadBalancer({ original, object }: Reaching): readonly Found[] {
  const type = ["spec", "type"];
  if (textAt(original, type) !== "LoadBalancer") return [];
  const withheld = textAt(object, type) !== "LoadBalancer";
  const message = withheld
    ? "becomes ClusterIP: the copy asks for no address outside"
    : "asks for an address outside the cluster";
  return [{ reach: "load-balancer", message, withheld }];
}

/** Written suspended in any case; un-suspended later unless it is withheld. */
function cronJob({ original, intended }: Reaching): readonly Found[] {
  const suspend = ["spec", "suspend"];
  if (valueAt(original, suspend) === true) return [];
  const withheld = valueAt(intended, suspend) === true;
  const schedule = textAt(original, ["spec", "schedule"]);
  const message = withheld ? "stays suspended" : `runs by its schedule (${schedule})`;
  return [{ reach: "cron-job", message, withheld }];
}

function volumeHandle({ object, copy }: Reaching): readonly Found[] {
  const { handle } = readVolume(object);
  if (handle === "") return [];
  const other = copy ? ", which the original may use" : "";
  return [{ reach: "volume-handle", message: `lies on ${handle}${other}`, withheld: false }];
}

/** Cluster-scoped, it does not tell by its own place that it belongs to a copy. */
function snapshotOfOriginal({ item, target, original, object, copy }: Reaching): readonly Found[] {
  const reference = ["spec", "volumeSnapshotRef", "namespace"];
  const isMapped = textAt(original, reference) !== textAt(object, reference);
  if (!copy && !isMapped && target.name === item.name) return [];
  const message = `lies on the snapshot ${snapshotHandle(object)}, which the original may use, and delete`;
  return [{ reach: "snapshot-handle", message, withheld: false }];
}

function takenHosts({ item, target, object, hosts }: Reaching): readonly Found[] {
  return hostsOf(item, object).flatMap((host) => {
    const other = hosts.other(item, host, target);
    if (other === undefined) return [];
    return [{ reach: "host" as const, message: `its host ${host} is that of ${other} too`, withheld: false }];
  });
}

function ownedOutside({ item, rules }: Reaching): readonly Found[] {
  const why = rules.externalKind(item);
  return why === undefined ? [] : [{ reach: "external-kind", message: why, withheld: false }];
}

/** Of a copy that is still marked as the original's. */
function tracked({ object }: Reaching): readonly Found[] {
  if (withoutTracking(object) === object) return [];
  const message =
    "carries the original's tracking by Argo CD or Flux: they may take the copy for their own and prune it";
  return [{ reach: "tracking", message, withheld: false }];
}

const RELEASE_NAMESPACE = ["metadata", "annotations", "meta.helm.sh/release-namespace"];

function releasedByHelm({ item, object, rules, target: { namespace } }: Reaching): readonly Found[] {
  const release = textAt(object, RELEASE_NAMESPACE);
  if (release === "" || release === namespace || !isRenamed(item, rules)) return [];
  const message = `is marked as part of a Helm release in ${release}: none of ${namespace} can take it over`;
  return [{ reach: "helm", message, withheld: false }];
}

const RELEASE = ["data", "release"];

/** The record holds the rendered manifests, with the namespaces that these name. */
function helmRelease({ original, object, target, copy }: Reaching): readonly Found[] {
  const from = textAt(original, ["metadata", "namespace"]);
  const isOld =
    textAt(original, ["type"]) === "helm.sh/release.v1" &&
    textAt(object, RELEASE) === textAt(original, RELEASE);
  if (!copy || from === target.namespace || !isOld) return [];
  const message = `records a Helm release of ${from}: helm acts on objects there where their manifests name it`;
  return [{ reach: "helm", message, withheld: false }];
}

/** The first so many are listed, so that a large restore's report stays small. */
const SHOWN = 1_000;

/** What a restore, or its preview, has found so far. */
export class ReachBook {
  readonly reaches: Reach[] = [];

  add(found: readonly Reach[]): void {
    const room = SHOWN - this.reaches.length;
    if (room > 0) this.reaches.push(...found.slice(0, room));
  }
}
