import type { ExactObject } from "#core/objects/exact-json.ts";
import {
  objectAt,
  textAt,
  withoutKeys,
  withoutValue,
  withoutValues,
  withValue,
} from "#core/restore/edit-object.ts";
import type { Rule, Seen } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";

const SOURCE = ["spec", "source"];
const REFERENCE = ["spec", "volumeSnapshotRef"];
const POLICY = ["spec", "deletionPolicy"];

/**
 * A content names the snapshot that was cut and the object that stands for it. With the old object's uid its controller
 * would take it for orphaned and delete the snapshot; with a volume as its source it would cut a new one of whatever
 * the volume holds by then.
 */
export const volumeSnapshotContents: Rule = {
  does: [
    "Points to what was cut, never to the volume; not restored where nothing had been cut.",
    "Retained in a copy, since the snapshot belongs to the original.",
  ],
  transform(object, seen) {
    const handle =
      textAt(object, [...SOURCE, "snapshotHandle"]) || textAt(seen.original, ["status", "snapshotHandle"]);
    if (handle === "") return skipped("snapshot-not-cut", "no snapshot had been cut when it was backed up");
    const namespace = textAt(object, [...REFERENCE, "namespace"]);
    const reference = withoutValues(objectAt(object, REFERENCE), [["uid"], ["resourceVersion"]]);
    const mapped = withValue(reference, ["namespace"], seen.facts.mapNamespace(namespace));
    const content = withValue(dropProgress(object), REFERENCE, mapped);
    return retained(withValue(content, SOURCE, { snapshotHandle: handle }), namespace, seen);
  },
};

/** What the snapshot controllers note while they work; without them an end would never be noted. */
const PROGRESS: ReadonlySet<string> = new Set([
  "snapshot.storage.kubernetes.io/volumesnapshot-being-created",
  "snapshot.storage.kubernetes.io/volumesnapshot-being-deleted",
]);

function dropProgress(object: ExactObject): ExactObject {
  return withoutKeys(withoutValue(object, ["status"]), ["metadata", "annotations"], (key) =>
    PROGRESS.has(key),
  );
}

/** Another cluster's or another name's original may still own the snapshot. */
function retained(content: ExactObject, namespace: string, { facts }: Seen) {
  const isCopy = facts.otherCluster || facts.mapNamespace(namespace) !== namespace;
  if (!isCopy || textAt(content, POLICY) === "Retain") return restored(content);
  return restored(withValue(content, POLICY, "Retain"), {
    warnings: ["its deletion policy became Retain: the snapshot belongs to the original"],
  });
}

/** One that was cut points to what was cut; from its claim a new one would be cut. */
export const volumeSnapshots: Rule = {
  does: ["Bound to the content that was cut for it."],
  transform(object, { original }) {
    const content = textAt(original, ["status", "boundVolumeSnapshotContentName"]);
    const bare = dropProgress(object);
    return restored(content === "" ? bare : withValue(bare, SOURCE, { volumeSnapshotContentName: content }));
  },
};
