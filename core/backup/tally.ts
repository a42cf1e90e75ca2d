import type { ClaimRecord, Notice } from "#core/model/backup.ts";
import { groupResource, type ItemHeader, type ItemKind } from "#core/model/item.ts";

/** What one namespace gave, growing while kinds are read. */
export interface NamespaceTally {
  itemCount: number;
  excludedByLabel: number;
  readonly claims: ClaimRecord[];
  readonly kindsNotRead: Set<string>;
  /** Server time of the first list that covers it. */
  firstListAt: string | undefined;
}

/** Running counts of a backup under way: one object, written by the readers, read once at the end. */
export class Tally {
  readonly namespaces: ReadonlyMap<string, NamespaceTally>;
  readonly errors: Notice[] = [];
  readonly warnings: Notice[] = [];
  secretCount = 0;

  constructor(namespaces: readonly string[]) {
    this.namespaces = new Map(namespaces.map((name) => [name, emptyTally()]));
  }

  noteStored(kind: ItemKind, header: ItemHeader): void {
    const namespace = this.namespaces.get(header.namespace);
    if (namespace !== undefined) namespace.itemCount += 1;
    if (kind.group === "" && kind.resource === "secrets") this.secretCount += 1;
  }

  noteExcluded(namespace: string): void {
    const tally = this.namespaces.get(namespace);
    if (tally !== undefined) tally.excludedByLabel += 1;
  }

  noteListed(namespaces: Iterable<string>, startedAt: string): void {
    for (const name of namespaces) {
      const tally = this.namespaces.get(name);
      if (tally === undefined) continue;
      if (tally.firstListAt === undefined || startedAt < tally.firstListAt) tally.firstListAt = startedAt;
    }
  }

  noteNotRead(kind: ItemKind, namespaces: Iterable<string>): void {
    for (const name of namespaces) this.namespaces.get(name)?.kindsNotRead.add(groupResource(kind));
  }
}

function emptyTally(): NamespaceTally {
  return { itemCount: 0, excludedByLabel: 0, claims: [], kindsNotRead: new Set(), firstListAt: undefined };
}
