import { expect, test } from "vitest";
import type { OpenBackup } from "#core/catalog/catalog.ts";
import { selectItems } from "#core/restore/select.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
const namespaces = { group: "", version: "v1", resource: "namespaces", kind: "Namespace", namespaced: false };

/** Notes of which kinds and namespaces index lines are asked for. */
function backupNoting(asked: string[]): OpenBackup {
  const backup: Partial<OpenBackup> = {
    kinds: [
      { ...configMaps, count: 3, namespaces: { "10": 1, "9": 1, app: 1 } },
      { ...namespaces, count: 3, namespaces: { "": 3 } },
    ],
    async *items(kind, namespace) {
      asked.push(`${kind.resource} ${namespace ?? "all"}`);
      yield [];
    },
  };
  // The parts that a selection uses.
  return backup as OpenBackup;
}

test.each([
  { included: ["9", "10"], asked: ["configmaps 10", "configmaps 9", "namespaces all"] },
  { included: ["10", "9", "app"], asked: ["configmaps all", "namespaces all"] },
])(
  "index lines of no namespace but $included are asked for, in the index's order",
  async ({ included, asked }) => {
    const found: string[] = [];
    await selectItems(backupNoting(found), {
      mayHold: () => true,
      includesNamespace: (name) => included.includes(name),
      isMeant: () => true,
    });
    expect(found).toEqual(asked);
  },
);
