import { kindOf } from "#core/model/item.ts";
import type { PulledInItem } from "./plan.ts";
import type { SelectedKind } from "./select.ts";

/** Single items beyond this many are only counted. */
const SHOWN = 1_000;

/** What comes although nobody selected it, and why. */
export async function listPulledIn(kinds: readonly SelectedKind[]): Promise<readonly PulledInItem[]> {
  const listed: PulledInItem[] = [];
  for (const { because, batches } of kinds) {
    if (because === undefined) continue;
    for await (const batch of batches()) {
      for (const item of batch.slice(0, SHOWN - listed.length)) {
        const { namespace, name } = item;
        listed.push({ ...kindOf(item), namespace, name, because: because(item) });
      }
    }
  }
  return listed;
}
