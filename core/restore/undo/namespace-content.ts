import { groupResource, type ItemHeader, itemTitle } from "#core/model/item.ts";
import { type IdentifiedHeader, readItemHeader } from "#core/objects/item-header.ts";
import { isObjectNotStored, kindNotStored } from "#core/objects/not-stored.ts";
import { eachObject } from "#core/restore/existing.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";

/** Every namespace gets these by itself. */
const AUTO_MADE: ReadonlySet<string> = new Set(["configmaps kube-root-ca.crt", "serviceaccounts default"]);

/** Disks and their copies: an owner is no reason to let them go along. */
const DATA: ReadonlySet<string> = new Set([
  "persistentvolumeclaims",
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumegroupsnapshots.groupsnapshot.storage.k8s.io",
]);

interface Found {
  readonly title: string;
  readonly header: IdentifiedHeader;
  readonly isData: boolean;
}

/** What lies in a namespace, less what comes and goes with it or with an owner that goes; `gone`: uids that have gone already. */
export async function strangersIn(
  run: RestoreRun,
  namespace: string,
  gone: ReadonlySet<string>,
): Promise<readonly string[]> {
  const found = await contentOf(run, namespace);
  const going = new Set([...gone, ...found.map(({ header }) => header.uid)]);
  return found.filter((one) => isStranger(one, going)).map(({ title }) => title);
}

async function contentOf(run: RestoreRun, namespace: string): Promise<readonly Found[]> {
  const { resources } = run.prepared.discovery;
  const kinds = new Map(resources.toReversed().map((kind) => [groupResource(kind), kind]));
  const found: Found[] = [];
  for (const kind of kinds.values()) {
    if (!kind.namespaced || !kind.verbs.includes("list") || kindNotStored(kind) !== undefined) continue;
    const request = { kind, namespaces: [namespace], metadataOnly: true, signal: run.signal };
    for await (const bytes of eachObject(run.cluster, request)) {
      const header = readItemHeader(bytes);
      if (!isObjectNotStored(kind, header) && !isAutoMade(kind, header))
        found.push({ title: itemTitle(kind, header), header, isData: DATA.has(groupResource(kind)) });
    }
  }
  return found;
}

/** An owner that lies elsewhere, or that stays, keeps what it owns. */
function isStranger({ header, isData }: Found, going: ReadonlySet<string>): boolean {
  const { owners, deletionTimestamp } = header;
  if (deletionTimestamp !== undefined) return false;
  return isData || owners.length === 0 || owners.some(({ uid }) => !going.has(uid));
}

function isAutoMade(
  kind: { readonly group: string; readonly resource: string },
  { name }: ItemHeader,
): boolean {
  return AUTO_MADE.has(`${groupResource(kind)} ${name}`);
}
