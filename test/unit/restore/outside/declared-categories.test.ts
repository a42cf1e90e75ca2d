import { describe, expect, it } from "vitest";
import type { StoredItem } from "#core/catalog/catalog.ts";
import type { ApiResource } from "#core/kube/cluster.ts";
import { openContents } from "#core/restore/contents.ts";
import { readDeclaredCategories } from "#core/restore/outside/declared-categories.ts";
import { resource } from "#test/doubles/memory-cluster.ts";
import { backupHolding } from "#test/unit/restore/backup-holding.ts";
import { storedItem } from "#test/unit/restore/rules-fixture.ts";

const { signal } = new AbortController();

function definition(name: string, categories: readonly string[]) {
  const item = storedItem({
    group: "apiextensions.k8s.io",
    resource: "customresourcedefinitions",
    namespaced: false,
    namespace: "",
    name,
  });
  return { item, object: { spec: { names: { categories } } } };
}

const xrd = {
  item: storedItem({
    group: "apiextensions.crossplane.io",
    resource: "compositeresourcedefinitions",
    namespaced: false,
    namespace: "",
    name: "xdatabases.example.com",
  }),
  object: {
    spec: { group: "example.com", names: { plural: "xdatabases" }, claimNames: { plural: "databases" } },
  },
};

interface Given {
  readonly held: readonly { readonly item: StoredItem; readonly object: object | undefined }[];
  /** `resource.group` of what is restored. */
  readonly kinds: readonly string[];
  readonly served?: readonly ApiResource[];
}

async function declared({ held, kinds, served = [] }: Given) {
  const objects = new Map(held.map(({ item, object }) => [item, object]));
  const backup = backupHolding([...objects.keys()], (item) => objects.get(item));
  const found = await readDeclaredCategories(backup, {
    kinds: kinds.map((name) => ({ kind: resource(name, "X") })),
    contents: openContents(backup),
    discovery: { resources: served },
    signal,
  });
  return Object.fromEntries(found);
}

describe("the categories of kinds that the target does not serve", () => {
  it("are those of the backup's definitions", async () => {
    const held = [
      definition("databases.example.com", ["claim", "all"]),
      definition("others.example.com", ["x"]),
    ];
    expect(await declared({ held, kinds: ["databases.example.com"] })).toEqual({
      "databases.example.com": ["claim", "all"],
    });
  });

  it("are Crossplane's of composite resources and of their claims, which bear another name", async () => {
    expect(await declared({ held: [xrd], kinds: ["databases.example.com"] })).toEqual({
      "xdatabases.example.com": ["composite"],
      "databases.example.com": ["claim"],
    });
  });

  it("are not looked for where the target serves all, or where a definition is damaged", async () => {
    const name = "databases.example.com";
    const damaged = { ...definition(name, []), object: undefined };
    expect(await declared({ held: [damaged], kinds: [name] })).toEqual({});
    const held = [definition(name, ["claim"]), xrd];
    expect(
      await declared({ held, kinds: [name, "deployments.apps"], served: [resource(name, "X")] }),
    ).toEqual({});
  });
});
