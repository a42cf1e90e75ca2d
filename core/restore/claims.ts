import { annotationKeys } from "#core/model/annotations.ts";
import { objectAt, objectsAt, textAt, valueAt, withoutKeys } from "#core/objects/edit-object.ts";
import { type ExactObject, stringifyExact } from "#core/objects/exact-json.ts";
import type { ClaimFate } from "./rule.ts";

/** A claim as it lay in the backup. */
export interface StoredClaim {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** "" when it was never bound. */
  readonly volume: string;
  /** Made for one pod from that pod's own spec (a generic ephemeral volume), and deleted with it. */
  readonly ofPod: boolean;
}

/** A volume as it lay in the backup or is in the target. */
export interface Volume {
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly reclaimPolicy: string;
  /** What it lies on: two volumes on one handle would write over each other. "" where that cannot be told. */
  readonly handle: string;
  readonly claim: { readonly namespace: string; readonly name: string; readonly uid: string } | undefined;
  /** `backup/restore` that created it; "" where none did. */
  readonly restoredFrom: string;
}

export interface ClaimFacts {
  /** `namespace/name` as in the backup. */
  readonly emptyVolumes: boolean | readonly string[];
  readonly sameCluster: boolean;
  readonly mapNamespace: (namespace: string) => string;
  /** By target namespace and name. */
  readonly exists: (namespace: string, name: string) => boolean;
  /** By `namespace/name` as in the backup: data that only another tool can bring back, and where it lies. */
  readonly keptElsewhere: ReadonlyMap<string, string>;
  /** Of the restore that is planned: `backup/restore`. */
  readonly mark: string;
  readonly storedVolumes: ReadonlyMap<string, Volume>;
  readonly liveVolumes: ReadonlyMap<string, Volume>;
}

/**
 * What becomes of a claim, without ever putting an empty disk, or a disk that somebody else uses, in the place of data.
 */
export function decideClaim(claim: StoredClaim, facts: ClaimFacts): ClaimFate {
  if (claim.ofPod) return { fate: "of-pod" };
  if (hasReturned(claim, facts)) return { fate: "static", volume: claim.volume };
  if (facts.exists(facts.mapNamespace(claim.namespace), claim.name)) return { fate: "exists" };
  if (claim.volume === "") return { fate: "unbound" };
  if (facts.sameCluster && canRebind(claim, facts)) return { fate: "rebind", volume: claim.volume };
  if (facts.sameCluster && canRecreate(claim, facts)) return { fate: "static", volume: claim.volume };
  return mayBeEmpty(claim, facts.emptyVolumes)
    ? { fate: "empty", message: whereData(claim, facts) }
    : { fate: "held", message: whyHeld(claim, facts) };
}

/** Names of the volumes that return with their claims. */
export function returningVolumes(claims: ReadonlyMap<string, ClaimFate>): ReadonlySet<string> {
  return new Set(claims.values().flatMap((fate) => (fate.fate === "static" ? [fate.volume] : [])));
}

function whyHeld(claim: StoredClaim, facts: ClaimFacts): string {
  const { namespace, name, volume } = claim;
  return `${whereData(claim, facts)}, and its volume ${volume} is not free in the cluster; --empty-volumes=${namespace}/${name} restores it empty`;
}

function whereData({ namespace, name }: StoredClaim, { keptElsewhere }: ClaimFacts): string {
  const place = keptElsewhere.get(`${namespace}/${name}`);
  return place === undefined
    ? "its data is not in the backup"
    : `its data lies in ${place}, from which only Velero can restore it`;
}

export function mayBeEmpty(
  { namespace, name }: Pick<StoredClaim, "namespace" | "name">,
  request: boolean | readonly string[],
): boolean {
  return typeof request === "boolean" ? request : request.includes(`${namespace}/${name}`);
}

/** An earlier run of this restore has brought its volume back, and broke off then. */
function hasReturned(claim: StoredClaim, { liveVolumes, mapNamespace, mark }: ClaimFacts): boolean {
  const live = liveVolumes.get(claim.volume);
  return (
    live?.restoredFrom === mark &&
    live.claim?.namespace === mapNamespace(claim.namespace) &&
    live.claim.name === claim.name
  );
}

/**
 * Freed for its claim by a restore that broke off before the claim was there: nobody else can have it. Until the
 * controller has seen that it still calls it Released.
 */
function isFreed(claim: StoredClaim, live: Volume, stored: Volume | undefined): boolean {
  return (
    (live.phase === "Available" || live.phase === "Released") &&
    live.uid === stored?.uid &&
    live.claim?.uid === "" &&
    live.claim.namespace === claim.namespace &&
    live.claim.name === claim.name
  );
}

/** Released and kept, still naming this very claim: nobody else can have it, and its provisioner will not delete it. */
function canRebind(claim: StoredClaim, { liveVolumes, storedVolumes, mapNamespace }: ClaimFacts): boolean {
  const live = liveVolumes.get(claim.volume);
  return (
    live !== undefined &&
    live.reclaimPolicy === "Retain" &&
    ((live.phase === "Released" && live.claim?.uid === claim.uid) ||
      isFreed(claim, live, storedVolumes.get(claim.volume))) &&
    mapNamespace(claim.namespace) === claim.namespace
  );
}

/** The volume object is gone but its storage was kept, and no other volume object has taken it over. */
function canRecreate(claim: StoredClaim, { liveVolumes, storedVolumes }: ClaimFacts): boolean {
  const stored = storedVolumes.get(claim.volume);
  if (stored === undefined || stored.reclaimPolicy !== "Retain" || stored.handle === "") return false;
  if (liveVolumes.has(claim.volume)) return false;
  return ![...liveVolumes.values()].some((live) => live.handle === stored.handle);
}

export function readClaim(object: ExactObject): StoredClaim {
  return {
    namespace: textAt(object, ["metadata", "namespace"]),
    name: textAt(object, ["metadata", "name"]),
    uid: textAt(object, ["metadata", "uid"]),
    volume: isBound(object) ? textAt(object, ["spec", "volumeName"]) : "",
    ofPod: isOfPod(object),
  };
}

/** `<pod>-<volume>`; a StatefulSet may have its pod own a claim too, but names it `<template>-<pod>`. */
function isOfPod(object: ExactObject): boolean {
  const name = textAt(object, ["metadata", "name"]);
  return objectsAt(object, ["metadata", "ownerReferences"]).some(
    (owner) =>
      owner["kind"] === "Pod" &&
      owner["controller"] === true &&
      name.startsWith(`${textAt(owner, ["name"])}-`),
  );
}

/** `volumeName` alone may be a wish that was never granted. */
function isBound(object: ExactObject): boolean {
  const completed = ["metadata", "annotations", "pv.kubernetes.io/bind-completed"];
  return textAt(object, ["status", "phase"]) !== "Pending" || valueAt(object, completed) !== undefined;
}

export function readVolume(object: ExactObject): Volume {
  const claim = objectAt(object, ["spec", "claimRef"]);
  return {
    name: textAt(object, ["metadata", "name"]),
    uid: textAt(object, ["metadata", "uid"]),
    phase: textAt(object, ["status", "phase"]),
    reclaimPolicy: textAt(object, ["spec", "persistentVolumeReclaimPolicy"]),
    handle: handleOf(object),
    restoredFrom: textAt(object, ["metadata", "annotations", annotationKeys.restoredFrom]),
    claim:
      Object.keys(claim).length === 0
        ? undefined
        : {
            namespace: textAt(claim, ["namespace"]),
            name: textAt(claim, ["name"]),
            uid: textAt(claim, ["uid"]),
          },
  };
}

/** What a volume's spec says beside its source. */
const NOT_A_SOURCE: ReadonlySet<string> = new Set([
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
]);
/** How a disk is mounted, not which one it is. */
const MOUNTING: ReadonlySet<string> = new Set(["fsType", "readOnly", "secretRef", "type"]);

function handleOf(object: ExactObject): string {
  const driver = textAt(object, ["spec", "csi", "driver"]);
  if (driver !== "") return `csi ${driver} ${textAt(object, ["spec", "csi", "volumeHandle"])}`;
  const source = Object.keys(objectAt(object, ["spec"])).find((key) => !NOT_A_SOURCE.has(key));
  if (source === undefined) return "";
  const disk = objectAt(
    withoutKeys(object, ["spec", source], (key) => MOUNTING.has(key)),
    ["spec", source],
  );
  // The same path on another node is another disk.
  const place = source === "local" || source === "hostPath" ? objectAt(object, ["spec", "nodeAffinity"]) : {};
  return `${source} ${stringifyExact([disk, place])}`;
}
