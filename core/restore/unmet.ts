import type { OpenBackup } from "#core/catalog/catalog.ts";
import { groupResource, type ItemKind, itemTitle } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import { isMadeEverywhere, type Reference } from "#core/objects/references.ts";
import { isThere, readExisting } from "./existing.ts";
import type { Outlook } from "./outlook.ts";
import type { PlanRequest, UnmetReference } from "./plan.ts";
import { filtered } from "./select.ts";
import { type Need, needKey } from "./survey.ts";

export interface UnmetFacts {
  readonly outlook: Outlook;
  /** What restored objects refer to and is not restored with them. */
  readonly unmet: ReadonlyMap<string, Need>;
  readonly signal: AbortSignal;
}

/** What restored objects will look for in vain. The target is asked only about kinds of which something is missing. */
export async function findUnmet(
  { cluster, backup, request }: PlanRequest,
  { outlook, unmet, signal }: UnmetFacts,
): Promise<{ readonly unmet: readonly UnmetReference[]; readonly warnings: readonly string[] }> {
  const needs = [...unmet.values()].filter(({ reference }) => !isMadeEverywhere(reference));
  if (needs.length === 0) return { unmet: [], warnings: [] };
  const stored = await findStored(backup, needs);
  const missed = needs.filter(
    ({ reference }) => stored.has(needKey(reference)) || reference.optional !== true,
  );
  const existing = await readExisting(cluster, {
    kinds: kindsIn(missed, outlook),
    namespaces: namespacesIn(missed, outlook),
    liveNamespaces: outlook.live,
    signal,
  });
  // Other kinds keep their names.
  const target = ({ groupResource: kind, name }: Reference) =>
    kind === "storageclasses.storage.k8s.io"
      ? (new Map(Object.entries(request.storageClassMapping)).get(name) ?? name)
      : name;
  const found = missed.flatMap(({ reference, by }) => {
    const { namespace, name } = reference;
    const isLive = isThere(
      existing.find(namedKind(reference), mapped(namespace, outlook), target(reference)),
    );
    if (isLive) return [];
    const inBackup = stored.has(needKey(reference));
    return [{ kind: reference.groupResource, namespace, name, neededBy: itemTitle(by, by), inBackup }];
  });
  return { unmet: found, warnings: [...existing.warnings, ...unmetWarnings(found, request)] };
}

async function findStored(backup: OpenBackup, needs: readonly Need[]): Promise<ReadonlySet<string>> {
  const byKind = Map.groupBy(needs, ({ reference }) => reference.groupResource);
  const stored = new Set<string>();
  for (const kind of backup.kinds) {
    const key = groupResource(kind);
    const wanted = new Set(byKind.get(key)?.map(({ reference }) => needKey(reference)));
    if (wanted.size === 0) continue;
    const keyOf = (item: { namespace: string; name: string }) => needKey({ groupResource: key, ...item });
    for await (const batch of filtered(backup.items(kind), (item) => wanted.has(keyOf(item)))) {
      for (const item of batch) stored.add(keyOf(item));
    }
  }
  return stored;
}

/** Kinds that the target does not serve are named as missing themselves. */
function kindsIn(needs: readonly Need[], { discovery }: Outlook): readonly ItemKind[] {
  const wanted = new Set(needs.map(({ reference }) => reference.groupResource));
  return discovery.resources.filter((kind) => wanted.has(groupResource(kind)));
}

function namespacesIn(needs: readonly Need[], outlook: Outlook): readonly string[] {
  const names = new Set(needs.map(({ reference }) => mapped(reference.namespace, outlook)));
  return [...names].filter((name) => isThere(outlook.live.get(name)));
}

function mapped(namespace: string, { mapNamespace }: Outlook): string {
  return namespace === "" ? "" : mapNamespace(namespace);
}

function namedKind(reference: Reference): Pick<ItemKind, "group" | "resource"> {
  const [resource = "", ...group] = reference.groupResource.split(".");
  return { resource, group: group.join(".") };
}

const NAMED = 5;

/** One line for each kind and namespace. */
function unmetWarnings(
  unmet: readonly UnmetReference[],
  { withDependencies }: Pick<RestoreRequest, "withDependencies">,
): readonly string[] {
  const groups = Map.groupBy(unmet, ({ kind, namespace }) => `${kind} ${namespace}`);
  return [...groups.values()].map((group) => {
    const shown = group
      .slice(0, NAMED)
      .map(({ namespace, name }) => (namespace === "" ? name : `${namespace}/${name}`));
    const more = group.length > NAMED ? ` and ${group.length - NAMED} more` : "";
    const [first] = group;
    const hint =
      group.some(({ inBackup }) => inBackup) && !withDependencies
        ? "; --with-dependencies brings what the backup has of them"
        : "";
    return `neither restored nor seen in the cluster: ${first?.kind} ${shown.join(", ")}${more}, which ${first?.neededBy}${group.length > 1 ? " and others refer" : " refers"} to${hint}`;
  });
}
