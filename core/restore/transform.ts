import type { StoredItem } from "#core/catalog/catalog.ts";
import { groupResource } from "#core/model/item.ts";
import { valueAt, withEach, withoutValue } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { inNewerVersion } from "#core/objects/versions/older-versions.ts";
import { isBuiltInGroup } from "./built-in-groups.ts";
import { isCopy, isRenamed } from "./copies.ts";
import { reshape } from "./reshape.ts";
import { type LaterStep, type RuleFacts, type Ruling, restored, type Seen } from "./rule.ts";
import { warnOfForeignFinalizers } from "./rules/foreign-finalizers.ts";
import { warnOfFormerGroups } from "./rules/former-groups.ts";
import { cleanMetadata } from "./rules/metadata.ts";
import { statusStep } from "./rules/status.ts";
import { ruleFor } from "./rules.ts";

export interface Transformed {
  readonly ruling: Ruling;
  /** As it lay in the backup, in the version in which it is written. */
  readonly original: ExactObject;
}

/** One item's bytes → what is sent: first the rules for all kinds, then those of its own, then what the request wants changed. */
export function transformItem(item: StoredItem, bytes: Uint8Array, facts: RuleFacts): Transformed {
  const stored = parseExactBytes(bytes);
  if (!isExactObject(stored)) throw new SyntaxError("the item is not a JSON object");
  const renewed = inNewerVersion(stored, item, facts.targetVersion(item));
  const original = withEach(renewed, ["metadata", "ownerReferences"], facts.servedOwner);
  const namespace = item.namespaced ? facts.mapNamespace(item.namespace) : "";
  const renamed = isRenamed(item, facts);
  const seen: Seen = { item, original, facts, renamed, copy: isCopy(item, facts) };
  const dropProtection = renamed && !facts.request.keepProtection;
  const clean = dropStatus(cleanMetadata(original, { namespace, dropProtection }), item);
  const ruled = ruleFor(item).transform?.(clean, seen) ?? restored(clean);
  const ruling = ruled.verdict === "restore" ? reshape(ruled, seen) : ruled;
  const finished = withManagedFields(withStatus(ruling, seen), seen);
  return { original, ruling: withFindings(finished, seen) };
}

function withFindings(ruling: Ruling, { item, facts: { apiGroups } }: Seen): Ruling {
  if (ruling.verdict !== "restore") return ruling;
  const found = [
    ...warnOfForeignFinalizers(ruling.object, apiGroups),
    ...warnOfFormerGroups(item, ruling.object, apiGroups),
  ];
  if (found.length === 0) return ruling;
  return { ...ruling, creationWarnings: [...(ruling.creationWarnings ?? []), ...found] };
}

/** Servers wipe the status of what they serve themselves; that of custom resources is theirs to decide. */
function dropStatus(object: ExactObject, item: StoredItem): ExactObject {
  return isBuiltInGroup(item.group) ? withoutValue(object, ["status"]) : object;
}

function withStatus(ruling: Ruling, { facts, item, original }: Seen): Ruling {
  if (!facts.statusKinds.has(groupResource(item)) || ruling.verdict !== "restore") return ruling;
  const step = statusStep(original);
  return step === undefined ? ruling : { ...ruling, later: [...(ruling.later ?? []), step] };
}

/** Refused or rewritten on creation, taken as they are by a merge patch afterwards. */
function withManagedFields(ruling: Ruling, { facts, original }: Seen): Ruling {
  if (!facts.request.keepManagedFields || ruling.verdict !== "restore") return ruling;
  const managedFields = valueAt(original, ["metadata", "managedFields"]);
  if (managedFields === undefined) return ruling;
  const step: LaterStep = { name: "managed-fields", patch: { metadata: { managedFields } } };
  return { ...ruling, later: [...(ruling.later ?? []), step] };
}
