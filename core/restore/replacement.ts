import type { ItemKind } from "#core/model/item.ts";
import { deepEqual } from "#core/objects/deep-equal.ts";
import { type ExactJson, type ExactObject, isExactList, isExactObject } from "#core/objects/exact-json.ts";
import { restorableForm } from "./content-digest.ts";

/**
 * The object that takes a live one's place: what a user wrote is as wished, to the last key, and what the server and
 * its controllers set (addresses, node ports, bound volumes, owners, their finalizers, the status) is the live one's,
 * since without it the server would refuse the object, allocate anew or let go of what it holds. Pure.
 */
export function replacement(
  kind: Pick<ItemKind, "group" | "resource">,
  live: ExactObject,
  wished: ExactObject,
): ExactObject {
  return replacedObject({
    live,
    written: restorableForm(kind, live),
    wished: restorableForm(kind, wished),
    sent: wished,
  });
}

interface Layers<T> {
  readonly live: T;
  /** What of the live value a user wrote; undefined: nothing. */
  readonly written: ExactJson | undefined;
  readonly wished: T;
  /** The same with what only a server gives, where the wish says it. */
  readonly sent: ExactJson | undefined;
}

function replaced({ live, written, wished, sent }: Layers<ExactJson>): ExactJson {
  if (isExactObject(live) && isExactObject(wished)) return replacedObject({ live, written, wished, sent });
  if (!isExactList(live) || !isExactList(wished) || written === undefined) return wished;
  // Entries may hold what the server allocated, node ports for one: they stay where nothing else changes.
  if (deepEqual(written, wished)) return live;
  if (isExactList(sent) && sent.some(isExactObject)) return sent;
  return [...wished, ...machineEntries(live, written)];
}

function replacedObject({ live, written, wished, sent }: Layers<ExactObject>): ExactObject {
  const kept = Object.entries(live).flatMap(([key, value]) => {
    const own = ownValue(written, key);
    const wish = ownValue(wished, key);
    const part =
      wish === undefined
        ? machinePart(value, own)
        : replaced({ live: value, written: own, wished: wish, sent: ownValue(sent, key) });
    return part === undefined ? [] : [[key, part] as const];
  });
  const added = Object.entries(wished).filter(([key]) => !Object.hasOwn(live, key));
  return Object.fromEntries([...kept, ...added]);
}

function ownValue(object: ExactJson | undefined, key: string): ExactJson | undefined {
  return isExactObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What of a value no user wrote; undefined: nothing. */
function machinePart(live: ExactJson, written: ExactJson | undefined): ExactJson | undefined {
  if (written === undefined) return live;
  if (isExactList(live)) {
    const entries = machineEntries(live, written);
    return entries.length === 0 ? undefined : entries;
  }
  if (!isExactObject(live) || !isExactObject(written)) return undefined;
  const kept = Object.entries(live).flatMap(([key, value]) => {
    const part = machinePart(value, ownValue(written, key));
    return part === undefined ? [] : [[key, part] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Only lists of words, finalizers for one, mix what users and controllers put in. */
function machineEntries(live: readonly ExactJson[], written: ExactJson): readonly ExactJson[] {
  if (!isExactList(written)) return [];
  return live.filter((entry) => typeof entry === "string" && !written.includes(entry));
}
