import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { nearest } from "#core/model/nearest.ts";

/** What discovery (or a backup's inventory) knows of a kind's names. */
export interface NamedKind extends ItemKind {
  readonly singular?: string | undefined;
  readonly shortNames?: readonly string[] | undefined;
  /** A group under which the kind was known too. */
  readonly formerGroup?: string | undefined;
}

/** A kind, or one object of it by name. `groupResource` identifies the kind whatever its version. */
export interface ResourceMatch {
  readonly groupResource: string;
  readonly name: string | undefined;
  /** Present where the request named a version: `deployments.v1.apps`. */
  readonly version: string | undefined;
}

/**
 * Finds the kinds that a word of the command line means: plural, singular, kind or short name, as `resource`,
 * `resource.group`, `resource.version.group`, each with `/name` for one object, or `*`. A word without group means the
 * first kind that discovery lists under it, as in kubectl. Failure kind-unknown names the nearest one.
 */
export function resolveResource(word: string, kinds: readonly NamedKind[]): ResourceMatch {
  const slash = word.indexOf("/");
  const typePart = slash === -1 ? word : word.slice(0, slash);
  const name = slash === -1 ? undefined : word.slice(slash + 1);
  if (name === "") throw new Failure("usage", `"${word}" names no object behind the slash`);
  const found = findKind(typePart, kinds);
  if (found === undefined) throw unknown(typePart, kinds);
  return { ...found, name };
}

function findKind(type: string, kinds: readonly NamedKind[]): Omit<ResourceMatch, "name"> | undefined {
  const [short = "", ...rest] = type.split(".");
  const group = rest.join(".");
  const isOf = (kind: NamedKind) => kind.group === group || kind.formerGroup === group;
  const byGroup = kinds.find((kind) => isCalled(kind, short) && (rest.length === 0 || isOf(kind)));
  if (byGroup !== undefined) return { groupResource: groupResource(byGroup), version: undefined };
  const [version, ...versionedGroup] = rest;
  const byVersion = kinds.find(
    (kind) => isCalled(kind, short) && kind.version === version && kind.group === versionedGroup.join("."),
  );
  return byVersion && { groupResource: groupResource(byVersion), version: byVersion.version };
}

function isCalled(kind: NamedKind, word: string): boolean {
  const lower = word.toLowerCase();
  return (
    kind.resource === lower ||
    kind.singular === lower ||
    kind.kind.toLowerCase() === lower ||
    (kind.shortNames ?? []).includes(lower)
  );
}

function unknown(type: string, kinds: readonly NamedKind[]): Failure {
  const near = nearestName(type, kinds);
  const hint =
    near === undefined ? undefined : `did you mean "${near}"? kubectl api-resources lists the kinds`;
  return new Failure("kind-unknown", `the cluster or backup knows no kind "${type}"`, { hint });
}

/** A plain word is held against the names without group, so that a forgotten letter counts once. */
function nearestName(type: string, kinds: readonly NamedKind[]): string | undefined {
  const spelled = kinds.flatMap((kind) => {
    const words = type.includes(".")
      ? [groupResource(kind)]
      : [kind.resource, kind.kind, ...(kind.shortNames ?? [])];
    return words.map((word) => ({ word, name: groupResource(kind) }));
  });
  const near = nearest(
    type,
    spelled.map(({ word }) => word),
  );
  return spelled.find(({ word }) => word === near)?.name;
}
