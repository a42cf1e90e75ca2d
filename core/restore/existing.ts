import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { Cluster, ListRequest } from "#core/kube/cluster.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { groupResource, type ItemHeader, type ItemKind } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { isMarkedDefault } from "./rules/default-classes.ts";

/** An object that is in the target already. */
export interface LiveMark {
  readonly uid: string;
  readonly terminating: boolean;
  /** An earlier run of the restore that is planned created it. */
  readonly isOwn?: boolean | undefined;
}

/** What of the selected kinds is in the target, read by lists of metadata. */
export interface Existing {
  find(kind: Pick<ItemKind, "group" | "resource">, namespace: string, name: string): LiveMark | undefined;
  /** By `resource.group`: names of classes that are marked as the default. */
  readonly defaultClasses: ReadonlyMap<string, readonly string[]>;
  /** Lists nothing that may be there: a refused list, or a namespace that is going away. */
  readonly warnings: readonly string[];
}

export interface ExistingRequest {
  readonly kinds: readonly ItemKind[];
  /** Of the target, those that exist. */
  readonly namespaces: readonly string[];
  /** From a list that has been read already. */
  readonly liveNamespaces: ReadonlyMap<string, LiveMark>;
  /** Of the restore that is planned: `backup/restore`; absent: nothing is its own. */
  readonly mark?: string | undefined;
  readonly signal: AbortSignal;
}

/** More namespaces than this are read by one list of all and a filter. */
const NAMESPACE_LISTS = 5;
const LISTS_IN_FLIGHT = 6;

export async function readExisting(cluster: Cluster, request: ExistingRequest): Promise<Existing> {
  const marks = new Map<string, Map<string, LiveMark>>([["namespaces", prefixed(request.liveNamespaces)]]);
  const defaultClasses = new Map<string, string[]>();
  const warnings: string[] = [];
  const kinds = request.kinds.filter((kind) => groupResource(kind) !== "namespaces");
  await forEachLimited(
    kinds,
    { concurrency: LISTS_IN_FLIGHT, signal: request.signal },
    async (kind, signal) => {
      const found = new Map<string, LiveMark>();
      marks.set(groupResource(kind), found);
      try {
        await eachHeader(cluster, { ...request, kind, signal }, (header) => {
          const mark = header.annotations[annotationKeys.restoredFrom];
          const isOwn = mark !== undefined && mark === request.mark;
          found.set(
            `${header.namespace}/${header.name}`,
            isOwn ? { ...markOf(header), isOwn } : markOf(header),
          );
          if (isMarkedDefault(header.annotations)) {
            defaultClasses.getOrInsertComputed(groupResource(kind), () => []).push(header.name);
          }
        });
      } catch (error) {
        if (!isFailure(error) || error.reply === undefined) throw error;
        warnings.push(`what there is of ${groupResource(kind)} could not be read: ${describeError(error)}`);
      }
    },
  );
  return {
    find: (kind, namespace, name) => marks.get(groupResource(kind))?.get(`${namespace}/${name}`),
    defaultClasses,
    warnings,
  };
}

/** One that is being deleted is waited for and created anew: until then nothing may rest on it. */
export function isThere(mark: LiveMark | undefined): mark is LiveMark {
  return mark?.terminating === false;
}

export function markOf(header: ItemHeader): LiveMark {
  return { uid: header.uid, terminating: header.deletionTimestamp !== undefined };
}

function prefixed(namespaces: ReadonlyMap<string, LiveMark>): Map<string, LiveMark> {
  return new Map([...namespaces].map(([name, mark]) => [`/${name}`, mark]));
}

interface KindRequest {
  readonly kind: ItemKind;
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}

async function eachHeader(
  cluster: Cluster,
  { kind, namespaces, signal }: KindRequest,
  visit: (header: ItemHeader) => void,
): Promise<void> {
  for await (const bytes of eachObject(cluster, { kind, namespaces, signal, metadataOnly: true })) {
    visit(readItemHeader(bytes));
  }
}

export interface ObjectsRequest extends KindRequest {
  readonly metadataOnly?: boolean | undefined;
}

/** The objects of a kind in these namespaces (all of a cluster-scoped kind), by as few lists as that takes. */
export async function* eachObject(cluster: Cluster, request: ObjectsRequest): AsyncGenerator<Uint8Array> {
  const { kind, namespaces, signal, metadataOnly } = request;
  const list: ListRequest = { resource: kind, signal, metadataOnly };
  if (!kind.namespaced) return yield* flatten(cluster, list);
  if (namespaces.length <= NAMESPACE_LISTS) return yield* inEach(cluster, list, namespaces);
  const wanted = new Set(namespaces);
  try {
    for await (const bytes of flatten(cluster, list)) {
      if (wanted.has(readItemHeader(bytes).namespace)) yield bytes;
    }
  } catch (error) {
    // A caller with rights in these namespaces only.
    if (!isFailure(error, "cluster-forbidden")) throw error;
    yield* inEach(cluster, list, namespaces);
  }
}

async function* inEach(
  cluster: Cluster,
  list: ListRequest,
  namespaces: readonly string[],
): AsyncGenerator<Uint8Array> {
  for (const namespace of namespaces) yield* flatten(cluster, { ...list, namespace });
}

async function* flatten(cluster: Cluster, list: ListRequest): AsyncGenerator<Uint8Array> {
  for await (const batch of cluster.list(list)) yield* batch;
}
