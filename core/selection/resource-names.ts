import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";

/** What discovery (or a backup's inventory) knows of a kind's names. */
export interface NamedKind extends ItemKind {
  readonly singular?: string | undefined;
  readonly shortNames?: readonly string[] | undefined;
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
 * first kind that discovery lists under it, as in kubectl. Failure kind-unknown names the nearest ones.
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
  const byGroup = kinds.find((kind) => isCalled(kind, short) && (rest.length === 0 || kind.group === group));
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
  const near = nearestNames(type, kinds);
  const hint =
    near.length === 0
      ? undefined
      : `did you mean ${near.join(" or ")}? kubectl api-resources lists the kinds`;
  return new Failure("kind-unknown", `the cluster or backup knows no kind "${type}"`, { hint });
}

function nearestNames(type: string, kinds: readonly NamedKind[]): readonly string[] {
  const word = type.toLowerCase();
  const plain = word.split(".")[0] ?? word;
  const rated = [...new Set(kinds.map(groupResource))].map((name) => {
    const distance = Math.min(editDistance(word, name), editDistance(plain, name.split(".")[0] ?? name));
    return { name, distance };
  });
  return rated
    .filter(
      ({ name, distance }) => distance <= Math.max(1, Math.floor(plain.length / 3)) || name.startsWith(plain),
    )
    .sort((left, right) => left.distance - right.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein's distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
