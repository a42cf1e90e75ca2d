import type { IgnoredPath } from "./ignored-paths.ts";
import type { KubeObject } from "./kube-object.ts";
import { compareObjects } from "./semantic-compare.ts";

export type Comparison = {
  readonly originals: readonly KubeObject[];
  readonly restored: readonly KubeObject[];
  /** Old → new; as they were when absent. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Added to what every restore may change. */
  readonly ignore?: readonly IgnoredPath[];
};

/** What is missing, what is too much and what differs, a line each; empty when everything came back. */
export function compareAll({
  originals,
  restored,
  namespaces = {},
  ignore = [],
}: Comparison): readonly string[] {
  const twins = new Map(restored.map((object) => [titleOf(object), object]));
  const expected = new Set<string>();
  const lines = originals.flatMap((original) => {
    const title = titleOf(original, namespaces);
    expected.add(title);
    const twin = twins.get(title);
    if (twin === undefined) return [`${title}: missing`];
    return compareObjects(original, twin, { namespaces, ignore }).map(
      (one) => `${title} ${one.path}: ${inspect(one.original)} → ${inspect(one.restored)}`,
    );
  });
  const surplus = [...twins.keys()].filter((title) => !expected.has(title));
  return [...lines, ...surplus.map((title) => `${title}: was not there before`)];
}

function titleOf({ kind, metadata }: KubeObject, namespaces: Readonly<Record<string, string>> = {}): string {
  const mapped = (name: string) => namespaces[name] ?? name;
  if (kind === "Namespace") return `Namespace ${mapped(metadata.name)}`;
  return `${kind} ${metadata.namespace === undefined ? "" : `${mapped(metadata.namespace)}/`}${metadata.name}`;
}

function inspect(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}n` : one)) ?? "absent";
}
