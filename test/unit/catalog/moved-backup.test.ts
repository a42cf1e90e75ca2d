import { describe, expect, it } from "vitest";
import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { withKindsMoved } from "#core/catalog/moved-backup.ts";
import { apiVersion, type ItemKind } from "#core/model/item.ts";
import { parseExactBytes } from "#core/objects/exact-json.ts";
import { backupHolding } from "#test/unit/restore/backup-holding.ts";
import { storedItem } from "#test/unit/restore/rules-fixture.ts";

const signal = new AbortController().signal;
const old = { group: "extensions", version: "v1beta1", resource: "deployments", kind: "Deployment" };
const current = { ...old, group: "apps", version: "v1" };

/** Each item is `{apiVersion, kind, spec}`. */
function backupOf(items: readonly StoredItem[]): OpenBackup {
  return backupHolding(items, (item) => {
    if (item.name === "damaged") return undefined;
    const spec = { template: { metadata: { labels: { app: item.name } } } };
    return { apiVersion: apiVersion(item), kind: item.kind, spec };
  });
}

async function listed(backup: OpenBackup, kind: Pick<ItemKind, "group" | "resource" | "version">) {
  const found: StoredItem[] = [];
  for await (const batch of backup.items({ kind: "", namespaced: true, ...kind })) found.push(...batch);
  return found;
}

async function contents(backup: OpenBackup, items: readonly StoredItem[]) {
  const found = [];
  for await (const read of backup.read(items, signal)) {
    found.push(read.ok ? { item: read.item, object: parseExactBytes(read.bytes) } : read);
  }
  return found;
}

describe("a backup of a cluster that had the group extensions", () => {
  it("is the very same where it holds nothing of that group", async () => {
    const backup = backupOf([storedItem({}), storedItem(current)]);
    expect(await withKindsMoved(backup)).toBe(backup);
  });

  it("holds its objects in the groups that have them today, by name and by content", async () => {
    const backup = await withKindsMoved(backupOf([storedItem({}), storedItem({ ...old, uid: "u" })]));
    expect(backup.manifestSha256).toBe("digest");
    expect(backup.kinds).toMatchObject([
      { resource: "configmaps", count: 1 },
      { ...current, count: 1, namespaces: { app: 1 } },
    ]);
    const items = await listed(backup, current);
    expect(items).toMatchObject([{ ...current, namespace: "app", name: "one", uid: "u" }]);
    expect(await contents(backup, items)).toEqual([
      {
        item: items[0],
        object: {
          apiVersion: "apps/v1",
          kind: "Deployment",
          spec: {
            selector: { matchLabels: { app: "one" } },
            template: { metadata: { labels: { app: "one" } } },
          },
        },
      },
    ]);
  });

  it("names what is damaged by its kind of today", async () => {
    const backup = await withKindsMoved(backupOf([storedItem({ ...old, name: "damaged" })]));
    const items = await listed(backup, current);
    expect(await contents(backup, items)).toEqual([{ ok: false, item: items[0], message: "a bit flipped" }]);
  });

  it("holds an object once that was read in both groups, and each that was read in one", async () => {
    const both = ["a", "b"].map((name) => storedItem({ ...current, name }));
    const former = ["b", "c"].map((name) => storedItem({ ...old, name }));
    const backup = await withKindsMoved(backupOf([...both, ...former]));
    expect(backup.kinds).toMatchObject([{ ...current, count: 3, namespaces: { app: 3 } }]);
    const items = await listed(backup, current);
    expect(items.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const read = await contents(backup, items);
    expect(read.map((one) => "object" in one && one.object)).toMatchObject([
      { apiVersion: "apps/v1" },
      { apiVersion: "apps/v1" },
      { apiVersion: "apps/v1" },
    ]);
  });

  it("has no kind left whose objects it all holds in an older version of their group", async () => {
    const beta = { ...current, version: "v1beta2" };
    const backup = await withKindsMoved(backupOf([storedItem(beta), storedItem(old)]));
    expect(backup.kinds).toMatchObject([{ ...beta, count: 1 }]);
    expect(backup.kinds).toHaveLength(1);
  });

  it("leaves a kind of that group alone that nobody has today", async () => {
    const backup = backupOf([storedItem({ ...old, resource: "podsecuritypolicies" })]);
    expect(await withKindsMoved(backup)).toBe(backup);
  });
});
