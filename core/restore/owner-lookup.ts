import { describeError, isFailure } from "#core/model/errors.ts";
import { apiVersion, type ItemKind } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { eachObject } from "./existing.ts";
import type { PendingOwners } from "./owners.ts";
import type { RestoreRun } from "./restore-run.ts";

/** The uid of an owner that is not part of the restore but in the cluster under the same kind and name. */
export type FindStranger = (reference: ExactObject, namespace: string) => string | undefined;

/** One list of metadata per kind and namespace in which such owners may be. */
export async function findStrangers(run: RestoreRun, owned: readonly PendingOwners[]): Promise<FindStranger> {
  const places = new Map<string, Place>();
  for (const { ref, references } of owned) {
    for (const reference of references) {
      const place = placeToSearch(run, reference, ref.namespace);
      if (place !== undefined) places.set(place.key, place);
    }
  }
  const uids = new Map<string, string>();
  for (const place of places.values()) await noteUids(run, place, uids);
  return (reference, namespace) => {
    const name = textAt(reference, ["name"]);
    return uids.get(`${keyOf(reference, namespace)} ${name}`) ?? uids.get(`${keyOf(reference, "")} ${name}`);
  };
}

interface Place {
  readonly key: string;
  readonly kind: ItemKind;
  readonly namespace: string;
}

function placeToSearch(run: RestoreRun, reference: ExactObject, namespace: string): Place | undefined {
  if (run.owners.newUid(textAt(reference, ["uid"])) !== undefined) return undefined;
  const kind = ownerKind(run, reference);
  if (kind === undefined) return undefined;
  const where = kind.namespaced ? namespace : "";
  return { kind, namespace: where, key: keyOf(reference, where) };
}

function keyOf(reference: ExactObject, namespace: string): string {
  return `${textAt(reference, ["apiVersion"])} ${textAt(reference, ["kind"])} ${namespace}`;
}

function ownerKind(run: RestoreRun, reference: ExactObject): ItemKind | undefined {
  return run.prepared.discovery.resources.find(
    (resource) =>
      resource.kind === reference["kind"] && apiVersion(resource) === textAt(reference, ["apiVersion"]),
  );
}

async function noteUids(
  run: RestoreRun,
  { kind, namespace, key }: Place,
  uids: Map<string, string>,
): Promise<void> {
  const request = { kind, namespaces: [namespace], metadataOnly: true, signal: run.signal };
  try {
    for await (const bytes of eachObject(run.cluster, request)) {
      const { name, uid, deletionTimestamp } = readItemHeader(bytes);
      if (deletionTimestamp === undefined) uids.set(`${key} ${name}`, uid);
    }
  } catch (error) {
    if (!isFailure(error) || error.reply === undefined) throw error;
    run.finish.notes.push(`owners could not be looked up: ${describeError(error)}`);
  }
}
