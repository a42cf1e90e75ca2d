import { annotationKeys } from "#core/model/annotations.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { Made } from "#core/model/restore.ts";
import { textAt, valueAt, withEach, withoutValue, withoutValues } from "#core/objects/edit-object.ts";
import { type ExactObject, stringifyExact } from "#core/objects/exact-json.ts";
import { digestOf, restorableForm } from "./content-digest.ts";
import { intendedOf } from "./intended.ts";
import type { LaterStep } from "./rule.ts";
import { isCertificateInjected } from "./rules/injected-certificates.ts";

/**
 * Whether somebody has edited what a restore created is told by its content, as the server answered the creation, with
 * the restore's own later steps done. Not by metadata.managedFields: whoever only takes fields away leaves no entry
 * there, an edit under our own manager's name adds to ours, and --keep-managed-fields puts the entries of the old
 * object in. Nor by metadata.generation, which labels, annotations and all of ConfigMaps and Secrets leave as it is, and
 * autoscalers raise. An edit that was taken back is none: nothing of it can be lost.
 */
export function madeOf(kind: ItemKind, answer: ExactObject, later: readonly LaterStep[]): Made {
  const finished = intendedOf({ object: answer, later });
  const digest = digestOf(madeForm(kind, finished));
  const unfinished = finished === answer ? digest : digestOf(madeForm(kind, answer));
  const replicas = valueAt(finished, REPLICAS);
  return {
    version: kind.version,
    digest,
    ...(unfinished !== digest && { unfinished }),
    ...(replicas !== undefined && { replicas: stringifyExact(replicas) }),
  };
}

/** Pure. `isScaled`: the number of its replicas is not for users to say. */
export function isAsMade(
  made: Made,
  {
    kind,
    live,
    isScaled,
  }: { readonly kind: ItemKind; readonly live: ExactObject; readonly isScaled: boolean },
): boolean {
  const isPending = textAt(live, ["metadata", "annotations", annotationKeys.pendingSteps]) !== "";
  const expected = isPending ? (made.unfinished ?? made.digest) : made.digest;
  const replicas = valueAt(live, REPLICAS);
  const hasReplicas = made.replicas === (replicas === undefined ? undefined : stringifyExact(replicas));
  return (isScaled || hasReplicas) && digestOf(madeForm(kind, live)) === expected;
}

const REPLICAS = ["spec", "replicas"];
/** Whoever added one is asked before the object goes, so nothing is lost with it: operators add theirs to all that they see. */
const FINALIZERS = ["metadata", "finalizers"];

/** The comparable form, less what controllers change in an object that nobody edits. */
function madeForm(kind: ItemKind, object: ExactObject): ExactObject {
  const form = withoutCertificates(withoutValues(restorableForm(kind, object), [REPLICAS, FINALIZERS]));
  return isOfDeployment(kind, object) ? withoutValue(form, ["metadata", "annotations"]) : form;
}

/** Its controller copies the Deployment's annotations there; only such a ReplicaSet has this label. */
function isOfDeployment(kind: ItemKind, object: ExactObject): boolean {
  return (
    groupResource(kind) === "replicasets.apps" &&
    textAt(object, ["metadata", "labels", "pod-template-hash"]) !== ""
  );
}

/** cert-manager fills them in: of webhook configurations and of APIServices. */
function withoutCertificates(object: ExactObject): ExactObject {
  if (!isCertificateInjected(object)) return object;
  const plain = withoutValue(object, ["spec", "caBundle"]);
  return withEach(plain, ["webhooks"], (webhook) => withoutValue(webhook, ["clientConfig", "caBundle"]));
}
