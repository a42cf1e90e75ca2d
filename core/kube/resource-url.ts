import type { ItemKind } from "#core/model/item.ts";
import type { ObjectRef } from "./cluster.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the objects of a kind are listed and created; in one namespace, or in all when none is given. */
export function collectionPath(resource: ItemKind, namespace?: string): string {
  const { group, version, resource: plural } = resource;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${scope}/${plural}`;
}

/** Names of RBAC objects may hold nearly anything: blanks, emoji, newlines, "..x". Only "." and ".." cannot be names. */
export function objectPath({ resource, namespace, name }: ObjectRef, subresource?: string): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Appends what is given and leaves out what is not. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== "" && value !== false,
  );
  if (pairs.length === 0) return path;
  return `${path}?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}
