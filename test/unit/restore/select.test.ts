import { expect, test } from "vitest";
import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { selectItems } from "#core/restore/select.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
const namespaces = { group: "", version: "v1", resource: "namespaces", kind: "Namespace", namespaced: false };
const counts = { "10": 2, "9": 1_500, app: 3, big: 4_000 };

/** Notes of which kinds and namespaces index lines are asked for. */
function backupNoting(asked: string[]): OpenBackup {
  const backup: Partial<OpenBackup> = {
    kinds: [
      { ...configMaps, count: 5_505, namespaces: counts },
      { ...namespaces, count: 4, namespaces: { "": 4 } },
    ],
    async *items(kind, namespace) {
      asked.push(`${kind.resource} ${namespace ?? "all"}`);
      const wanted = Object.entries(kind.namespaced ? counts : {});
      for (const [name, count] of wanted.filter(([one]) => namespace === undefined || one === namespace))
        yield Array.from({ length: count }, (_, at) => itemOf(name, at));
    },
  };
  // The parts that a selection uses.
  return backup as OpenBackup;
}

function itemOf(namespace: string, at: number): StoredItem {
  const item: Partial<StoredItem> = { ...configMaps, namespace, name: `c${at}`, labels: {}, ownerUids: [] };
  return item as StoredItem;
}

test.each([
  {
    included: ["app", "9", "10"],
    asked: ["configmaps 10", "configmaps 9", "configmaps app", "namespaces all"],
  },
  { included: ["app"], asked: ["configmaps app", "namespaces all"] },
  { included: ["10", "9", "app", "big"], asked: ["configmaps all", "namespaces all"] },
  { included: ["big"], asked: ["configmaps all", "namespaces all"] },
])(
  "of $included all items are found, and others' index lines are asked for only where they are few",
  async ({ included, asked }) => {
    const found: string[] = [];
    const { kinds } = await selectItems(backupNoting(found), {
      mayHold: () => true,
      includesNamespace: (name) => included.includes(name),
      isMeant: ({ namespace }) => included.includes(namespace),
    });
    expect(found).toEqual(asked);
    const items = (await Array.fromAsync(kinds[0]?.batches() ?? [])).flat();
    const expected = Object.entries(counts).filter(([name]) => included.includes(name));
    const titles = expected.flatMap(([name, count]) =>
      Array.from({ length: count }, (_, at) => `${name}/c${at}`),
    );
    expect(items.map(({ namespace, name }) => `${namespace}/${name}`).toSorted()).toEqual(titles.toSorted());
  },
);
