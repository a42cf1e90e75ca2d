import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectsAt, textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { type Autoscaled, autoscalerOf } from "#core/restore/autoscalers.ts";
import { keptData } from "#core/restore/data-keepers.ts";
import { isAsMade } from "#core/restore/made.ts";
import type { CreatedObject } from "./open-undo.ts";

/** What an undo does with an object that the restore created. */
export interface Removal {
  readonly kind: ItemKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** "refuse": it is kept although its removal was asked for, which makes the undo incomplete. */
  readonly action: "delete" | "keep" | "refuse" | "gone";
  readonly reason: string;
  /** Why it is kept. */
  readonly message: string;
  /** In which it was looked at; undefined: it may have any other by now. */
  readonly resourceVersion: string | undefined;
  /** Uids of its owners, and of the one among them that controls it. */
  readonly owners: readonly string[];
  readonly controller: string | undefined;
  readonly object: CreatedObject;
}

export interface LookFacts {
  readonly dataOwners: ReadonlySet<string>;
  readonly autoscaled: Autoscaled;
  /** What has changed since the restore goes, too. */
  readonly isForced: boolean;
}

export interface Look {
  readonly object: CreatedObject;
  /** In the version in which `live` was read. */
  readonly kind: ItemKind;
  readonly live: ExactObject | undefined;
}

/** Pure. */
export function lookAt({ object, kind, live }: Look, facts: LookFacts): Removal {
  const { namespace, name, uid } = object;
  const place = { kind, namespace, name, uid, object };
  if (live === undefined || textAt(live, ["metadata", "deletionTimestamp"]) !== "")
    return { ...place, ...UNSEEN, action: "gone", reason: "gone", message: "" };
  if (textAt(live, ["metadata", "uid"]) !== uid) return { ...place, ...UNSEEN, ...REPLACED };
  const references = objectsAt(live, ["metadata", "ownerReferences"]);
  const controller = references.find((reference) => reference["controller"] === true);
  const seen = {
    resourceVersion: facts.isForced ? undefined : textAt(live, ["metadata", "resourceVersion"]),
    owners: references.map((reference) => textAt(reference, ["uid"])),
    controller: controller === undefined ? undefined : textAt(controller, ["uid"]),
  };
  return { ...place, ...seen, ...verdictOn({ object, kind, live }, facts) };
}

/** Of one that could not be looked at. */
export function unread({ object, kind }: Omit<Look, "live">, why: string): Removal {
  const { namespace, name, uid } = object;
  const message = `whether it has changed since the restore cannot be told, and it is kept: ${why}`;
  return {
    ...{ kind, namespace, name, uid, object, ...UNSEEN },
    ...{ action: "refuse", reason: "not-read", message },
  };
}

const UNSEEN = { resourceVersion: undefined, owners: [], controller: undefined } as const;

type Verdict = Pick<Removal, "action" | "reason" | "message">;

const REPLACED = {
  action: "keep",
  reason: "replaced",
  message: "another object has taken its name",
} satisfies Verdict;
const CHANGED = {
  action: "refuse",
  reason: "changed-since",
  message: "it has changed since the restore that created it; --force-conflicts would delete it",
} satisfies Verdict;
const UNTOLD = {
  action: "refuse",
  reason: "change-unknown",
  message:
    "whether it has changed since the restore cannot be told, for the record does not say what was created; --force-conflicts would delete it",
} satisfies Verdict;

function verdictOn({ object, kind, live }: Look & { readonly live: ExactObject }, facts: LookFacts): Verdict {
  const { made, namespace, name, uid } = object;
  const loss = groupResource(kind) === "namespaces" ? undefined : keptData(kind, uid, facts.dataOwners);
  if (loss !== undefined) return holdsData(loss);
  if (facts.isForced) return { action: "delete", reason: "", message: "" };
  if (made?.version !== kind.version) return UNTOLD;
  const isScaled =
    autoscalerOf(facts.autoscaled, { kind, namespace, name }) !== undefined || isControlled(live);
  return isAsMade(made, { kind, live, isScaled }) ? { action: "delete", reason: "", message: "" } : CHANGED;
}

function holdsData(loss: string): Verdict {
  const message = `it was created by the restore and is kept: deleting it would destroy ${loss}`;
  return { action: "keep", reason: "holds-data", message };
}

function isControlled(live: ExactObject): boolean {
  return objectsAt(live, ["metadata", "ownerReferences"]).some(
    (reference) => reference["controller"] === true,
  );
}
