/**
 * selection: does this belong? Globs, label selectors, resource names and their combination, pure. It must not know
 * clusters or backups: kinds and names come in as data. Its one rule: what a word could mean is decided here once.
 */
import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { Selection } from "#core/model/selection.ts";
import { compileGlob, isLiteral } from "./glob.ts";
import { compileLabelSelector } from "./label-selector.ts";
import { type NamedKind, type ResourceMatch, resolveResource } from "./resource-names.ts";

/** How much of a kind belongs: all of it, single objects, or nothing. */
export type KindShare =
  | { readonly take: "all" }
  | { readonly take: "named"; readonly names: ReadonlySet<string> }
  | { readonly take: "none" };

export interface CompiledSelection {
  /** By globs; without a word about whether it exists. */
  includesNamespace(name: string): boolean;
  /** No include list narrows them (some may be excluded). */
  readonly takesAllNamespaces: boolean;
  /** Included names that can mean only themselves: each must exist. */
  readonly literalNamespaces: readonly string[];
  readonly hasNamespaceGlobs: boolean;
  kindShare(kind: Pick<ItemKind, "group" | "resource">): KindShare;
  /** The kind was named by the include list. */
  isNamedKind(kind: Pick<ItemKind, "group" | "resource">): boolean;
  /** The exclude list names the object or its kind, whoever else wants it. */
  excludesObject(kind: Pick<ItemKind, "group" | "resource">, name: string): boolean;
  /** The version that the include list asks for: `deployments.v1.apps`. */
  wantedVersion(kind: Pick<ItemKind, "group" | "resource">): string | undefined;
  /** Kind and name filters of one object of a kind whose share is not `none`. */
  includesName(kind: Pick<ItemKind, "group" | "resource">, name: string): boolean;
  matchesLabels(labels: Readonly<Record<string, string>>): boolean;
  /** The label filter, where a server can evaluate it as one selector. */
  readonly serverSelector: string | undefined;
  readonly narrowsLabels: boolean;
  /** Of cluster-scoped kinds: all, those that selected objects refer to, or none. */
  readonly clusterScope: "all" | "related" | "none";
}

/** Failure usage or kind-unknown when a word cannot be understood. */
export function compileSelection(request: Selection, kinds: readonly NamedKind[]): CompiledSelection {
  const namespaces = compileNamespaces(request);
  const kindFilter = compileKinds(request, kinds);
  const labels = compileLabels(request);
  return {
    ...namespaces,
    ...kindFilter,
    ...labels,
    clusterScope: clusterScope(request, namespaces.takesAllNamespaces),
  };
}

function clusterScope(request: Selection, takesAll: boolean): CompiledSelection["clusterScope"] {
  if (request.includeClusterResources === "true") return "all";
  if (request.includeClusterResources === "false") return "none";
  return takesAll ? "all" : "related";
}

function compileNamespaces(request: Selection) {
  const included = request.includeNamespaces.map(compileGlob);
  const excluded = request.excludeNamespaces.map(compileGlob);
  const literal = request.includeNamespaces.filter(isLiteral);
  const takesAllNamespaces = included.length === 0 || request.includeNamespaces.includes("*");
  return {
    takesAllNamespaces,
    literalNamespaces: [...new Set(literal)],
    hasNamespaceGlobs: !takesAllNamespaces && literal.length < included.length,
    includesNamespace: (name: string): boolean =>
      (takesAllNamespaces || included.some((matches) => matches(name))) &&
      !excluded.some((matches) => matches(name)),
  };
}

type KindName = Pick<ItemKind, "group" | "resource">;
const ALL: KindShare = { take: "all" };
const NONE: KindShare = { take: "none" };

function compileKinds(request: Selection, kinds: readonly NamedKind[]) {
  if (request.excludeResources.includes("*")) throw new Failure("usage", '"*" would exclude every kind');
  const included = resolveAll(request.includeResources, kinds);
  const excluded = resolveAll(request.excludeResources, kinds);
  const shareOf = (kind: KindName): KindShare => {
    const key = groupResource(kind);
    if (excluded.some((match) => match.groupResource === key && match.name === undefined)) return NONE;
    if (included.length === 0) return ALL;
    const matches = included.filter((match) => match.groupResource === key);
    if (matches.length === 0) return NONE;
    const names = matches.flatMap(({ name }) => (name === undefined ? [] : [name]));
    return names.length < matches.length ? ALL : { take: "named", names: new Set(names) };
  };
  return {
    kindShare: shareOf,
    isNamedKind: (kind: KindName) => included.some((match) => match.groupResource === groupResource(kind)),
    excludesObject: (kind: KindName, object: string) =>
      excluded.some(
        ({ groupResource: key, name = object }) => key === groupResource(kind) && name === object,
      ),
    wantedVersion: (kind: KindName) =>
      included.find((match) => match.groupResource === groupResource(kind) && match.version !== undefined)
        ?.version,
    includesName: (kind: KindName, name: string) => includesName(shareOf(kind), excluded, { kind, name }),
  };
}

/** `*` means every kind, as an empty list does. */
function resolveAll(words: readonly string[], kinds: readonly NamedKind[]): readonly ResourceMatch[] {
  if (words.includes("*")) return [];
  return words.map((word) => resolveResource(word, kinds));
}

function includesName(
  share: KindShare,
  excluded: readonly ResourceMatch[],
  { kind, name }: { readonly kind: KindName; readonly name: string },
): boolean {
  if (share.take === "none" || (share.take === "named" && !share.names.has(name))) return false;
  return !excluded.some((match) => match.name === name && match.groupResource === groupResource(kind));
}

function compileLabels({ labelSelector, orSelectors }: Selection) {
  if (labelSelector !== undefined && orSelectors.length > 0) {
    throw new Failure("usage", "--selector and --or-selector exclude each other");
  }
  const selectors = labelSelector === undefined ? orSelectors : [labelSelector];
  const filters = selectors.map(compileLabelSelector);
  const narrows = selectors.some((selector) => selector.trim() !== "");
  return {
    matchesLabels: (labels: Readonly<Record<string, string>>): boolean =>
      !narrows || filters.some((matches) => matches(labels)),
    serverSelector: narrows && selectors.length === 1 ? selectors[0] : undefined,
    narrowsLabels: narrows,
  };
}
