import {
  objectAt,
  textAt,
  withoutKeys,
  withoutValue,
  withoutValues,
  withValue,
} from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Rule, Ruling, Seen } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";
import { snapshotHandle } from "#core/restore/snapshot-contents.ts";
import { targetName } from "#core/restore/target-name.ts";

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
    "Where the content of its name serves another snapshot, such as the original beside a copy, it gets another name, and what is there stays as it is.",
    "Retained in a copy and under another name, since the snapshot belongs to the original.",
  ],
  decide({ name }, { snapshotContents }) {
    const fate = snapshotContents.get(name);
    if (fate?.fate === "uncut") return UNCUT;
    return fate?.fate === "left" ? { reason: "snapshot-exists", message: fate.message } : undefined;
  },
  transform(object, seen) {
    const handle = snapshotHandle(seen.original);
    if (handle === "") return skipped(UNCUT.reason, UNCUT.message);
    const namespace = textAt(object, [...REFERENCE, "namespace"]);
    const reference = withoutValues(objectAt(object, REFERENCE), [["uid"], ["resourceVersion"]]);
    const mapped = withValue(reference, ["namespace"], seen.facts.mapNamespace(namespace));
    const named = withValue(dropProgress(object), ["metadata", "name"], targetName(seen.item, seen.facts));
    const content = withValue(named, REFERENCE, mapped);
    return retained(withValue(content, SOURCE, { snapshotHandle: handle }), namespace, seen);
  },
};

const UNCUT = {
  reason: "snapshot-not-cut",
  message: "no snapshot had been cut when it was backed up",
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

/** Another cluster's, another name's or another content's original may still own the snapshot. */
function retained(content: ExactObject, namespace: string, { item, facts }: Seen) {
  const isRenamed = textAt(content, ["metadata", "name"]) !== item.name;
  const isCopy = isRenamed || facts.otherCluster || facts.mapNamespace(namespace) !== namespace;
  if (!isCopy || textAt(content, POLICY) === "Retain") return restored(content);
  return restored(withValue(content, POLICY, "Retain"), {
    warnings: ["its deletion policy became Retain: the snapshot belongs to the original"],
  });
}

/** One that was cut points to what was cut; from its claim a new one would be cut. */
export const volumeSnapshots: Rule = {
  does: [
    "Bound to the content that was cut for it, under the name which that is restored with.",
    "A copy whose content is not restored fails: the original's serves the original alone.",
  ],
  transform(object, { original, facts, renamed }) {
    const bare = dropProgress(object);
    const bound =
      textAt(original, ["status", "boundVolumeSnapshotContentName"]) ||
      textAt(original, [...SOURCE, "volumeSnapshotContentName"]);
    if (bound === "") return restored(bare);
    const fate = facts.snapshotContents.get(bound);
    if (fate?.fate === "uncut") return skipped(UNCUT.reason, UNCUT.message);
    if (fate === undefined && renamed) return withoutContent(bound);
    const name = fate?.fate === "restored" ? fate.name : bound;
    return restored(withValue(bare, SOURCE, { volumeSnapshotContentName: name }));
  },
};

function withoutContent(name: string): Ruling {
  const message = `its content ${name} is not restored, and in the cluster it serves the original alone`;
  return { verdict: "fail", reason: "snapshot-content-missing", message };
}
