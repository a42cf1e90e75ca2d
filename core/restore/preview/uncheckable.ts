import type { ItemKind } from "#core/model/item.ts";

/** What no plan can know before it is done, and why. */
const REASONS = {
  "kind-to-come": "the cluster does not serve the kind yet: the restore brings its definition",
  "namespace-to-come": "the namespace is not there yet: the restore makes it",
  "changed-meanwhile": "somebody else changed it while the plan was made",
  "deleted-first": "the live object is in its place until it is deleted",
  "webhook-without-dry-run": "an admission webhook takes no dry runs",
  "allotted-when-created": "cluster IPs and node ports are allotted when the Service is created",
} as const;

export type UncheckableReason = keyof typeof REASONS;

export interface UncheckableObjects {
  readonly reason: UncheckableReason;
  readonly message: string;
  readonly group: string;
  readonly resource: string;
  readonly count: number;
  /** `namespace/name` in the target, the first twenty. */
  readonly names: readonly string[];
}

const NAMED = 20;

/** Counts by reason and kind. */
export class Uncheckable {
  readonly #found = new Map<string, UncheckableObjects & { count: number; readonly names: string[] }>();

  add(
    reason: UncheckableReason,
    { kind, namespace, name }: { readonly kind: ItemKind; readonly namespace: string; readonly name: string },
  ): void {
    const { group, resource } = kind;
    const found = this.#found.getOrInsertComputed(`${reason} ${resource}.${group}`, () => ({
      reason,
      message: REASONS[reason],
      group,
      resource,
      count: 0,
      names: [],
    }));
    found.count += 1;
    if (found.names.length < NAMED) found.names.push(namespace === "" ? name : `${namespace}/${name}`);
  }

  get found(): readonly UncheckableObjects[] {
    const sorted = [...this.#found].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return sorted.map(([, objects]) => objects);
  }
}
