import type { StoredItem } from "#core/catalog/catalog.ts";
import { Failure } from "#core/model/errors.ts";
import { itemTitle } from "#core/model/item.ts";
import { decideItem } from "./decide.ts";
import { isThere } from "./existing.ts";
import type { Prepared } from "./prepare.ts";

/** Named in the message; the rest is counted. */
const NAMED = 10;

/** For --existing=fail, before the first write: nothing that is selected may be there. */
export async function refuseExisting(prepared: Prepared): Promise<void> {
  const { existing } = prepared.facts;
  if (existing.warnings.length > 0)
    throw new Failure(
      "cluster-forbidden",
      `whether anything exists is not known: ${existing.warnings.join("; ")}`,
      {
        hint: "",
      },
    );
  const found: string[] = [];
  let count = 0;
  for await (const title of existingTitles(prepared)) {
    count += 1;
    if (found.length < NAMED) found.push(title);
  }
  if (count === 0) return;
  const more = count > found.length ? ` and ${count - found.length} more` : "";
  throw new Failure("refused", `nothing was written: these exist: ${found.join(", ")}${more}`, {
    hint: "choose another --existing policy, or a part of the backup that is not there",
  });
}

async function* existingTitles({ kinds, facts }: Prepared): AsyncGenerator<string> {
  for (const { batches } of kinds.filter(({ pulledIn }) => !pulledIn)) {
    for await (const batch of batches()) yield* batch.flatMap((item) => titleIfThere(item, facts));
  }
}

function titleIfThere(item: StoredItem, facts: Prepared["facts"]): readonly string[] {
  const decision = decideItem(item, facts);
  return decision.do === "write" && isThere(decision.live) ? [itemTitle(decision.kind, decision)] : [];
}
