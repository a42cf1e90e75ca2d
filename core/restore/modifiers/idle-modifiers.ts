import type { StoredItem } from "#core/catalog/catalog.ts";
import type { SelectedKind } from "#core/restore/select.ts";
import type { Modifier } from "./compile-modifiers.ts";

/** As warnings: rules of which nothing that is to be restored is the kind, the name, the namespace and the labels. */
export async function findIdleModifiers(
  modifiers: readonly Modifier[],
  kinds: readonly SelectedKind[],
): Promise<{ readonly warnings: readonly string[] }> {
  const idle = new Set(modifiers);
  for (const { batches } of kinds) {
    if (idle.size === 0) return { warnings: [] };
    for await (const batch of batches()) dropMeant(idle, batch);
  }
  return { warnings: [...idle].map(({ title }) => `${title} matches nothing that is to be restored`) };
}

function dropMeant(idle: Set<Modifier>, batch: readonly StoredItem[]): void {
  for (const modifier of idle) if (batch.some(modifier.isMeant)) idle.delete(modifier);
}
