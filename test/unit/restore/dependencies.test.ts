import { describe, expect, it } from "vitest";
import type { StoredItem } from "#core/catalog/catalog.ts";
import { openContents } from "#core/restore/contents.ts";
import { findDependencies } from "#core/restore/dependencies.ts";
import { oneKind } from "#core/restore/select.ts";
import { backupHolding } from "./backup-holding.ts";
import { storedItem } from "./rules-fixture.ts";

const signal = new AbortController().signal;
const claim = (name: string, namespace = "app") =>
  storedItem({ resource: "persistentvolumeclaims", kind: "PersistentVolumeClaim", namespace, name });
const set = (name: string) =>
  storedItem({ group: "apps", resource: "statefulsets", kind: "StatefulSet", name });
const objectOf = ({ name }: StoredItem) => ({
  metadata: { name, namespace: "app" },
  spec: {
    template: { spec: { volumes: [{ name: "shared", persistentVolumeClaim: { claimName: "shared" } }] } },
    volumeClaimTemplates: [{ metadata: { name: "data" } }, { metadata: { name: "logs" } }],
  },
});

async function claimsOf(sets: readonly StoredItem[], claims: readonly StoredItem[]) {
  const backup = backupHolding([...sets, ...claims], objectOf);
  const step = { backup, contents: openContents(backup), kinds: oneKind(sets, () => ""), signal };
  const found = await findDependencies({ ...step, mayCome: () => true, bindings: async () => [] });
  return found.filter(({ item }) => item.resource === "persistentvolumeclaims");
}

describe("the claims that come along with a StatefulSet", () => {
  it("are those that its templates name, each by its ordinal, and those that it mounts by name", async () => {
    const own = ["data-web-0", "data-web-12", "logs-web-0", "shared"].map((name) => claim(name));
    const others = ["data-web", "data-web-x", "data-webb-0", "tmp-web-0", "data-web-0-old"].map((name) =>
      claim(name),
    );
    const found = await claimsOf([set("web")], [...own, ...others, claim("data-web-0", "other")]);
    expect(found.map(({ item }) => item.name).sort()).toEqual(own.map(({ name }) => name).sort());
    expect(new Set(found.map(({ because }) => because))).toEqual(
      new Set(["statefulsets.apps app/web mounts it", "statefulsets.apps app/web refers to it"]),
    );
  });
});
