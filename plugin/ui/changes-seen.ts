import type { KindRecord } from "#core/model/backup.ts";
import { formatCount } from "./units.ts";

/** Changes are counted on streams: of a kind that was read in another way nothing is known. */
export function changesSeen(kinds: readonly Pick<KindRecord, "changesMeanwhile">[]): string {
  const counted = kinds.flatMap(({ changesMeanwhile }) => changesMeanwhile ?? []);
  if (counted.length === 0) return "not counted (no kind was read as a stream)";
  const changed = counted.reduce((sum, count) => sum + count, 0);
  const seen = changed === 0 ? "nothing seen" : `at least ${formatCount(changed, "object")}`;
  if (counted.length === kinds.length) return seen;
  return `${seen} (counted for ${counted.length} of ${formatCount(kinds.length, "kind")})`;
}
