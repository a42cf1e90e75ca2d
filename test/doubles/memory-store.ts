import { randomUUID } from "node:crypto";
import type { ObjectRef, WatchEvent } from "#core/kube/cluster.ts";
import { apiVersion, groupResource, type ItemKind } from "#core/model/item.ts";

export interface MemoryObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const encode = (object: unknown): Uint8Array => encoder.encode(JSON.stringify(object));
// Callers hand over what they wrote with JSON.stringify; the server would have answered 400 to anything else.
export const decode = (bytes: Uint8Array): MemoryObject => JSON.parse(decoder.decode(bytes)) as MemoryObject;

/** The objects of the cluster in memory, with uids and one counter of resourceVersions. */
export class MemoryStore {
  readonly objects = new Map<string, Map<string, MemoryObject>>();
  revision = 100;
  readonly changes: { at: number; kind: string; event: WatchEvent }[] = [];

  of(kind: ItemKind): Map<string, MemoryObject> {
    const key = groupResource(kind);
    const found = this.objects.get(key) ?? new Map<string, MemoryObject>();
    this.objects.set(key, found);
    return found;
  }

  save(kind: ItemKind, object: MemoryObject): MemoryObject {
    const { metadata } = object;
    const key = keyOf(kind.namespaced ? (metadata.namespace ?? "") : "", metadata.name);
    const before = this.of(kind).get(key);
    this.revision += 1;
    const saved: MemoryObject = {
      ...object,
      apiVersion: apiVersion(kind),
      kind: kind.kind,
      metadata: {
        creationTimestamp: "2026-01-01T00:00:00Z",
        ...metadata,
        uid: before?.metadata.uid ?? metadata.uid ?? randomUUID(),
        resourceVersion: String(this.revision),
      },
    };
    this.of(kind).set(key, saved);
    this.note(kind, before === undefined ? "ADDED" : "MODIFIED", saved);
    return saved;
  }

  remove(kind: ItemKind, key: string): void {
    const gone = this.of(kind).get(key);
    if (gone === undefined) return;
    this.of(kind).delete(key);
    this.revision += 1;
    this.note(kind, "DELETED", gone);
  }

  private note(kind: ItemKind, type: WatchEvent["type"], object: MemoryObject): void {
    this.changes.push({
      at: this.revision,
      kind: groupResource(kind),
      event: { type, object: encode(object) },
    });
  }
}

export const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;
export const refKey = (ref: ObjectRef): string =>
  keyOf(ref.resource.namespaced ? ref.namespace : "", ref.name);
