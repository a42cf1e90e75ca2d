import type { StoredItem } from "#core/catalog/catalog.ts";
import { restoreRequest } from "#core/model/restore.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { stringifyExact } from "#core/objects/exact-json.ts";
import { compileRules } from "#core/restore/modifiers/compile-modifiers.ts";
import * as re2 from "#core/restore/modifiers/re2.ts";
import { externalKind } from "#core/restore/outside/external-kinds.ts";
import type { RuleFacts } from "#core/restore/rule.ts";
import { servedOwners } from "#core/restore/served-owners.ts";
import { transformItem } from "#core/restore/transform.ts";

export interface Given {
  readonly resource: string;
  readonly group?: string;
  readonly object: ExactObject;
  readonly request?: Record<string, unknown>;
  readonly facts?: Partial<RuleFacts>;
}

export function factsFor(request: Record<string, unknown> = {}, more: Partial<RuleFacts> = {}): RuleFacts {
  const parsed = restoreRequest.parse({ name: "r", backup: "b", selection: {}, ...request });
  return {
    request: parsed,
    modifiers: parsed.modifiers === undefined ? [] : compileRules(parsed.modifiers, re2),
    mapNamespace: (namespace) => parsed.namespaceMapping[namespace] ?? namespace,
    otherCluster: false,
    claims: new Map(),
    refusedVolumes: new Map(),
    snapshotContents: new Map(),
    owners: new Map(),
    selectingServices: new Set(),
    statusKinds: new Set(),
    defaultClasses: new Map(),
    apiGroups: new Set(),
    itemVersions: new Map(),
    targetVersion: ({ version }) => version,
    servedOwner: servedOwners({ resources: [] }),
    externalKind: (kind) => externalKind(kind, []),
    ...more,
  };
}

export function storedItem(more: Partial<StoredItem>): StoredItem {
  return {
    group: "",
    version: "v1",
    resource: "configmaps",
    kind: "ConfigMap",
    namespaced: true,
    namespace: "app",
    name: "one",
    uid: "old-uid",
    resourceVersion: "7",
    labels: {},
    ownerUids: [],
    terminating: false,
    sizeBytes: 1,
    ...more,
  };
}

/** An object through all its rules; its metadata says where it lies. */
export function transformed({ resource, group = "", object, request, facts }: Given) {
  const metadata = object["metadata"] as { name?: string; namespace?: string } | undefined;
  const item = storedItem({
    resource,
    group,
    namespaced: metadata?.namespace !== undefined,
    namespace: metadata?.namespace ?? "",
    name: metadata?.name ?? "one",
  });
  return transformItem(item, Buffer.from(stringifyExact(object)), factsFor(request, facts)).ruling;
}

/** The object that is sent; fails where the item is skipped. */
export function sent(given: Given): ExactObject {
  const ruling = transformed(given);
  if (ruling.verdict !== "restore") throw new Error(`${ruling.verdict}: ${ruling.reason}: ${ruling.message}`);
  return ruling.object;
}
