import { groupResource, type ItemHeader, itemTitle } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { isObjectNotStored, kindNotStored } from "#core/objects/not-stored.ts";
import { eachObject } from "#core/restore/existing.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";

/** Every namespace gets these by itself. */
const AUTO_MADE: ReadonlySet<string> = new Set(["configmaps kube-root-ca.crt", "serviceaccounts default"]);

/** What lies in a namespace, less what comes and goes with it or with its owner. */
export async function strangersIn(run: RestoreRun, namespace: string): Promise<readonly string[]> {
  const { resources } = run.prepared.discovery;
  const kinds = new Map(resources.toReversed().map((kind) => [groupResource(kind), kind]));
  const found: string[] = [];
  for (const kind of kinds.values()) {
    if (!kind.namespaced || !kind.verbs.includes("list") || kindNotStored(kind) !== undefined) continue;
    const request = { kind, namespaces: [namespace], metadataOnly: true, signal: run.signal };
    for await (const bytes of eachObject(run.cluster, request)) {
      const header = readItemHeader(bytes);
      if (isStranger(header) && !isObjectNotStored(kind, header) && !isAutoMade(kind, header))
        found.push(itemTitle(kind, header));
    }
  }
  return found;
}

function isStranger({ owners, deletionTimestamp }: ItemHeader): boolean {
  return owners.length === 0 && deletionTimestamp === undefined;
}

function isAutoMade(
  kind: { readonly group: string; readonly resource: string },
  { name }: ItemHeader,
): boolean {
  return AUTO_MADE.has(`${groupResource(kind)} ${name}`);
}
