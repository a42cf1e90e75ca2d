import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource } from "#core/model/item.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { readClaim } from "./claims.ts";
import type { Contents } from "./contents.ts";
import { filtered } from "./select.ts";
import type { PodMaker, Survey } from "./survey.ts";

/** What is known of a claim that selected pods mount and that this restore does not bring. */
export interface LeftClaim {
  /** As in the backup. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * The bound claims of the backup that selected pods mount although nobody selected the claims, or that were being
 * deleted when they were saved. Where they are not in the target either, a StatefulSet would make itself empty ones.
 */
export async function readLeftClaims(
  backup: OpenBackup,
  contents: Contents,
  { survey, signal }: { readonly survey: Survey; readonly signal: AbortSignal },
): Promise<readonly LeftClaim[]> {
  const kinds = backup.kinds.filter((kind) => groupResource(kind) === "persistentvolumeclaims");
  const stored = kinds.reduce((sum, { count }) => sum + count, 0);
  if (survey.podMakers.length === 0 || stored === survey.claims.length) return [];
  const isLeft = leftTest(survey);
  const left: LeftClaim[] = [];
  for (const kind of kinds) {
    for await (const batch of filtered(backup.items(kind), isLeft)) {
      left.push(...(await boundOnes(contents, batch, signal)));
    }
  }
  return left;
}

function leftTest({ podMakers, claims }: Survey): (item: StoredItem) => boolean {
  const meant = new Set(claims.map(({ namespace, name }) => `${namespace}/${name}`));
  const makers: ReadonlyMap<string, readonly PodMaker[]> = Map.groupBy(
    podMakers,
    ({ item }) => item.namespace,
  );
  return ({ namespace, name }) =>
    !meant.has(`${namespace}/${name}`) &&
    (makers.get(namespace)?.some((maker) => maker.mountsClaim(name)) ?? false);
}

/** One that cannot be read may have been bound. */
async function boundOnes(
  contents: Contents,
  items: readonly StoredItem[],
  signal: AbortSignal,
): Promise<readonly LeftClaim[]> {
  const bound: LeftClaim[] = [];
  for await (const read of contents.read(items, signal)) {
    const { namespace, name } = read.item;
    const object = read.ok ? parseExactBytes(read.bytes) : undefined;
    if (!isExactObject(object) || readClaim(object).volume !== "") bound.push({ namespace, name });
  }
  return bound;
}
