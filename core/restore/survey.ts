import type { StoredItem } from "#core/catalog/catalog.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { groupResource } from "#core/model/item.ts";
import { objectAt, textAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { canRefer, type Reference, referencesOf } from "#core/objects/references.ts";
import { readClaim, readVolume, type StoredClaim, type Volume } from "./claims.ts";
import type { Contents } from "./contents.ts";
import { itemKey } from "./decide.ts";
import type { MappingUse } from "./mapping/mapping-use.ts";
import { claimTest, makesPods } from "./pod-specs.ts";
import type { SelectedKind } from "./select.ts";

/** What a plan must know of objects' contents, from the kinds where it matters and no others. */
export interface Survey {
  readonly claims: readonly StoredClaim[];
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly podMakers: readonly PodMaker[];
  /** By `configmaps/namespace/name` and the like, as in the backup: what the objects looked into refer to. */
  readonly needs: ReadonlyMap<string, Need>;
  /** By item key: what annotations of workloads say of their order. */
  readonly orders: ReadonlyMap<string, string>;
  /** By group resource: names of cluster-scoped objects that selected ones refer to. */
  readonly related: ReadonlyMap<string, ReadonlySet<string>>;
  /** `namespace/name` of Services with a selector. */
  readonly selectingServices: ReadonlySet<string>;
}

export interface Need {
  readonly reference: Reference;
  /** The first that was seen. */
  readonly by: StoredItem;
}

export interface PodMaker {
  readonly item: StoredItem;
  readonly mountsClaim: (claim: string) => boolean;
}

export interface SurveyRequest {
  readonly kinds: readonly SelectedKind[];
  /** Kinds that nobody selected but whose contents matter: the volumes of the selected claims. */
  readonly volumes: readonly SelectedKind[];
  /** Whether a part is restored: then what any of its objects refers to may be missing. */
  readonly isPart: boolean;
  readonly mappingUse: MappingUse;
  readonly signal: AbortSignal;
}

export async function surveyContents(contents: Contents, request: SurveyRequest): Promise<Survey> {
  const seen = emptySurvey();
  const wantsServices = request.kinds.some(({ kind }) => groupResource(kind) === "endpoints");
  const wanted = ({ kind }: SelectedKind) =>
    makesPods(kind) ||
    (groupResource(kind) === "persistentvolumes" && request.volumes.length === 0) ||
    groupResource(kind) === "persistentvolumeclaims" ||
    request.mappingUse.looksAt(kind) ||
    (wantsServices && groupResource(kind) === "services") ||
    (request.isPart && canRefer(kind));
  for (const selected of [...request.volumes, ...request.kinds.filter(wanted)]) {
    for await (const batch of selected.batches()) {
      await surveyBatch(contents, batch.filter(matters), { seen, ...request });
    }
  }
  return seen;
}

/** Most pods belong to a controller and will not be restored. */
function matters(item: StoredItem): boolean {
  return item.resource !== "pods" || item.ownerUids.length === 0;
}

type Mutable = ReturnType<typeof emptySurvey>;

function emptySurvey() {
  return {
    claims: [] as StoredClaim[],
    volumes: new Map<string, Volume>(),
    podMakers: [] as PodMaker[],
    needs: new Map<string, Need>(),
    orders: new Map<string, string>(),
    related: new Map<string, Set<string>>(),
    selectingServices: new Set<string>(),
  };
}

async function surveyBatch(
  contents: Contents,
  items: readonly StoredItem[],
  { seen, mappingUse, signal }: { seen: Mutable; mappingUse: MappingUse; signal: AbortSignal },
): Promise<void> {
  for await (const read of contents.read(items, signal)) {
    // Damaged items are named by the check before the first write.
    const object = read.ok ? parseExactBytes(read.bytes) : undefined;
    if (!isExactObject(object)) continue;
    surveyObject(seen, read.item, object);
    mappingUse.note(read.item, object);
    noteReferences(seen, read.item, object);
  }
}

function surveyObject(seen: Mutable, item: StoredItem, object: ExactObject): void {
  if (makesPods(item)) {
    seen.podMakers.push({ item, mountsClaim: claimTest(item, object) });
    const order = textAt(object, ["metadata", "annotations", annotationKeys.restoreOrder]);
    if (order !== "") seen.orders.set(itemKey(item), order);
  }
  switch (groupResource(item)) {
    case "persistentvolumeclaims":
      // One that was being deleted does not return: see left-claims.ts.
      if (!item.terminating) seen.claims.push(readClaim(object));
      return;
    case "persistentvolumes":
      seen.volumes.set(item.name, readVolume(object));
      return;
    case "services":
      if (Object.keys(objectAt(object, ["spec", "selector"])).length > 0) {
        seen.selectingServices.add(`${item.namespace}/${item.name}`);
      }
  }
}

/** Volumes have rules of their own (claims.ts). */
const NOT_RELATED = "persistentvolumes";

function noteReferences(seen: Mutable, item: StoredItem, object: ExactObject): void {
  for (const reference of referencesOf(item, object)) {
    const { groupResource: kind, namespace, name } = reference;
    if (kind === NOT_RELATED) continue;
    if (namespace === "") seen.related.set(kind, (seen.related.get(kind) ?? new Set()).add(name));
    const key = needKey(reference);
    const known = seen.needs.get(key);
    const isFirstFirm = known?.reference.optional === true && reference.optional !== true;
    if (known === undefined || isFirstFirm) seen.needs.set(key, { reference, by: item });
  }
}

export function needKey({ groupResource: kind, namespace, name }: Reference): string {
  return `${kind}/${namespace}/${name}`;
}
