// Are an object and its restored twin the same? Judged from outside: nothing of the product is imported, integers are
// exact (parse with parseExact), and every path left out stands in ignored-paths.ts with its reason.
import { isDeepStrictEqual } from "node:util";
import { IGNORED_PATHS, type IgnoredPath } from "./ignored-paths.ts";
import type { KubeObject } from "./kube-object.ts";

export type Difference = {
  /** As in `spec.template.spec.containers[0].image`. */
  readonly path: string;
  /** undefined: absent. */
  readonly original: unknown;
  readonly restored: unknown;
};

export type CompareOptions = {
  /** Old → new, as the restore was told. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Added to IGNORED_PATHS. */
  readonly ignore?: readonly IgnoredPath[];
};

type Tree = Readonly<Record<string, unknown>>;

/** The paths at which they differ; empty when they are the same. */
export function compareObjects(
  original: KubeObject,
  restored: KubeObject,
  { namespaces = {}, ignore = [] }: CompareOptions = {},
): readonly Difference[] {
  const paths = [...IGNORED_PATHS, ...ignore].filter((entry) => holdsFor(entry, original));
  const bare = (object: KubeObject) => paths.reduce<unknown>((tree, { path }) => without(tree, path), object);
  return differences(bare(mapNamespaces(original, namespaces)), bare(restored), "");
}

function holdsFor({ kinds = [], when }: IgnoredPath, original: KubeObject): boolean {
  return (kinds.length === 0 || kinds.includes(original.kind)) && (when?.(original) ?? true);
}

/** A copy without what lies at the path; containers that this empties go too. */
function without(tree: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return undefined;
  if (Array.isArray(tree)) return tree.map((item) => (key === "*" ? without(item, rest) : item));
  if (!isTree(tree) || (key !== "*" && !(key in tree))) return tree;
  const entries = Object.entries(tree).flatMap(([name, value]): [string, unknown][] => {
    if (name !== key && key !== "*") return [[name, value]];
    const left = without(value, rest);
    return left === undefined ? [] : [[name, left]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function differences(original: unknown, restored: unknown, path: string): readonly Difference[] {
  if (isDeepStrictEqual(original, restored)) return [];
  if (Array.isArray(original) && Array.isArray(restored)) {
    const length = Math.max(original.length, restored.length);
    return Array.from({ length }, (_, i) => differences(original[i], restored[i], `${path}[${i}]`)).flat();
  }
  if (isTree(original) && isTree(restored)) {
    const keys = new Set([...Object.keys(original), ...Object.keys(restored)]);
    return [...keys].flatMap((key) => differences(original[key], restored[key], `${path}${step(key)}`));
  }
  return [{ path: path.replace(/^\./, ""), original, restored }];
}

function step(key: string): string {
  return /^[\w-]+$/.test(key) ? `.${key}` : `["${key}"]`;
}

/** What a restore into other namespaces rewrites: where the object lies, and the namespaces of RBAC subjects and claims. */
function mapNamespaces(object: KubeObject, namespaces: Readonly<Record<string, string>>): KubeObject {
  const mapped = (name: unknown) => (typeof name === "string" ? (namespaces[name] ?? name) : name);
  const renamed = (value: unknown) =>
    isTree(value) && "namespace" in value ? { ...value, namespace: mapped(value["namespace"]) } : value;
  const subjects = object["subjects"];
  const spec = object["spec"];
  return {
    ...object,
    metadata:
      object.kind === "Namespace"
        ? renamedNamespace(object, namespaces)
        : (renamed(object.metadata) as KubeObject["metadata"]), // metadata stays metadata
    ...(Array.isArray(subjects) && { subjects: subjects.map(renamed) }),
    ...(isTree(spec) && "claimRef" in spec && { spec: { ...spec, claimRef: renamed(spec["claimRef"]) } }),
  };
}

function renamedNamespace(
  { metadata }: KubeObject,
  namespaces: Readonly<Record<string, string>>,
): KubeObject["metadata"] {
  const name = namespaces[metadata.name] ?? metadata.name;
  return { ...metadata, name, labels: { ...metadata.labels, "kubernetes.io/metadata.name": name } };
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
