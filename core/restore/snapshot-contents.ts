import { hash } from "node:crypto";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { SnapshotContentFate } from "./rule.ts";

/** A VolumeSnapshotContent as it lay in the backup or is in the target. */
export interface SnapshotContent {
  readonly name: string;
  /** Of what was cut; "" where nothing was. */
  readonly handle: string;
  /** That it stands for. `uid` is "" where no controller has bound them yet. */
  readonly snapshot: { readonly namespace: string; readonly name: string; readonly uid: string };
}

export interface SnapshotFacts {
  readonly mapNamespace: (namespace: string) => string;
  /** By name; undefined: they may not be listed. */
  readonly live: ReadonlyMap<string, SnapshotContent> | undefined;
  /** Of a snapshot in the target. */
  readonly snapshot: (namespace: string, name: string) => Presence;
}

/** `own`: made by this very restore, before it broke off. */
type Presence = "absent" | "there" | "own";

export function isSnapshotContent(kind: Pick<ItemKind, "group" | "resource">): boolean {
  return groupResource(kind) === "volumesnapshotcontents.snapshot.storage.k8s.io";
}

/**
 * What becomes of a content. It binds to one snapshot, told by uid, for good: one that is in the cluster serves a
 * snapshot that is another one than that which is restored, be it the original beside a copy, and is neither pointed
 * to nor changed. What was cut is then named by a second content.
 */
export function decideSnapshotContent(content: SnapshotContent, facts: SnapshotFacts): SnapshotContentFate {
  if (content.handle === "") return { fate: "uncut" };
  const place = { ...content.snapshot, namespace: facts.mapNamespace(content.snapshot.namespace) };
  if (facts.live === undefined) return { fate: "restored", name: unlooked(content, place) };
  const presence = facts.snapshot(place.namespace, place.name);
  for (const name of namesFor(content.name, place)) {
    const live = facts.live.get(name);
    const serves = live === undefined ? presence !== "there" : canServe(live, place, presence);
    if (serves) return { fate: "restored", name };
    if (live === undefined) break;
  }
  return {
    fate: "left",
    message: `its snapshot ${place.namespace}/${place.name} is there and has a content of its own`,
  };
}

/** Its own name may be the original's. */
function unlooked({ name, snapshot }: SnapshotContent, place: Place): string {
  return place.namespace === snapshot.namespace ? name : otherName(name, place);
}

/** Its snapshot is there, or nobody has bound it yet. */
function canServe({ snapshot }: SnapshotContent, { namespace, name }: Place, presence: Presence): boolean {
  const isFor = snapshot.namespace === namespace && snapshot.name === name;
  return isFor && (presence !== "absent" || snapshot.uid === "");
}

type Place = Pick<SnapshotContent["snapshot"], "namespace" | "name">;

function otherName(name: string, { namespace }: Place): string {
  const digest = hash("sha256", `${namespace}/${name}`, "hex").slice(0, 8);
  return `${name.slice(0, KEPT_OF_NAME)}-${digest}`;
}

/** Kubernetes takes names of 253 characters. */
const KEPT_OF_NAME = 230;

/** Its own, then others that the same restore finds again, without end. */
function* namesFor(name: string, place: Place): Generator<string, never> {
  yield name;
  const other = otherName(name, place);
  yield other;
  for (let count = 2; ; count += 1) yield `${other}-${count}`;
}

export function readSnapshotContent(object: ExactObject): SnapshotContent {
  const reference = ["spec", "volumeSnapshotRef"];
  return {
    name: textAt(object, ["metadata", "name"]),
    handle: snapshotHandle(object),
    snapshot: {
      namespace: textAt(object, [...reference, "namespace"]),
      name: textAt(object, [...reference, "name"]),
      uid: textAt(object, [...reference, "uid"]),
    },
  };
}

/** Of what was cut, or of what it was given; "" where nothing has been cut. */
export function snapshotHandle(object: ExactObject): string {
  return textAt(object, ["spec", "source", "snapshotHandle"]) || textAt(object, ["status", "snapshotHandle"]);
}
