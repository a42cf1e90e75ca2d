import { describe, expect, it } from "vitest";
import type { ApiResource } from "#core/kube/cluster.ts";
import { selection } from "#core/model/selection.ts";
import { restoreRights } from "#core/restore/rights.ts";

const served = (group: string, resource: string, kind: string): ApiResource => ({
  group,
  version: "v1",
  resource,
  kind,
  namespaced: true,
  singular: resource.slice(0, -1),
  shortNames: [],
  categories: [],
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  hasStatus: false,
});
const discovery = {
  resources: [
    served("", "configmaps", "ConfigMap"),
    served("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    served("", "persistentvolumeclaims", "PersistentVolumeClaim"),
  ],
  down: [],
};
const chosen = selection.parse({ includeNamespaces: ["app"], includeResources: ["configmaps"] });

it("commands in pods are a right of their own, only where hooks are asked for", () => {
  const rules = (hooks: boolean) => restoreRights(chosen, discovery, { hooks })[0]?.rules ?? [];
  const exec = (hooks: boolean) => rules(hooks).find(({ resources }) => resources.includes("pods/exec"));
  expect(exec(false)).toBeUndefined();
  expect(exec(true)?.verbs).toEqual(["create", "get"]);
});

it("a status is a right of its own, and taking a restore back needs to replace and to delete", () => {
  const rules = (how: object) => restoreRights(chosen, discovery, how)[0]?.rules ?? [];
  const verbs = (resource: string, how: object) =>
    rules(how).find(({ resources }) => resources.includes(resource))?.verbs;
  expect(verbs("configmaps/status", {})).toBeUndefined();
  expect(verbs("configmaps/status", { includeStatus: ["configmaps"] })).toEqual(["patch"]);
  expect(verbs("configmaps", { undo: true })).toEqual([
    "create",
    "delete",
    "get",
    "list",
    "patch",
    "update",
    "watch",
  ]);
});

it("a status of a kind that the selection leaves out is refused: its right would be missing without a word", () => {
  const includeStatus = ["configmaps", "horizontalpodautoscalers"];
  expect(() => restoreRights(chosen, discovery, { includeStatus })).toThrow(
    "nothing of horizontalpodautoscalers.autoscaling is to be restored",
  );
});

it("taking a restore back looks at what a deletion could take along, as recreating does", () => {
  const lists = (how: object) =>
    restoreRights(chosen, discovery, how)[0]
      ?.rules.filter((rule) => rule.verbs.join() === "list")
      .flatMap(({ resources }) => resources);
  expect(lists({ undo: true })).toEqual(lists({ existing: "recreate" }));
  expect(lists({ undo: true })).toHaveLength(2);
});

describe("cluster-scoped kinds beside namespaces", () => {
  const beside: ApiResource = {
    ...served("storage.k8s.io", "storageclasses", "StorageClass"),
    namespaced: false,
  };
  const namespaces: ApiResource = { ...served("", "namespaces", "Namespace"), namespaced: false };
  const both = { ...discovery, resources: [...discovery.resources, beside, namespaces] };
  const printed = (given: object) =>
    restoreRights(selection.parse({ includeNamespaces: ["app"], ...given }), both).map(
      ({ kind, metadata, rules }) => ({
        kind,
        ...metadata,
        resources: rules.flatMap(({ resources }) => resources),
      }),
    );

  it.each([
    ["all of them", { includeClusterResources: "true" }],
    ["that are named", { includeResources: ["configmaps", "storageclasses"] }],
  ])(
    "%s get a ClusterRole of a name of its own, without the namespaces, which the Roles name",
    (_, given) => {
      expect(printed(given)).toEqual([
        expect.objectContaining({ kind: "Role", name: "kubectl-backup-restorer", namespace: "app" }),
        {
          kind: "ClusterRole",
          name: "kubectl-backup-restorer-cluster-scoped",
          resources: ["storageclasses"],
        },
      ]);
    },
  );

  it.each([
    ["are only referred to", {}],
    [
      "are left out",
      { includeClusterResources: "false", includeResources: ["configmaps", "storageclasses"] },
    ],
  ])("that %s get none", (_, given) => {
    expect(printed(given)).toMatchObject([{ kind: "Role" }]);
  });
});

describe("the rights for a policy", () => {
  it.each([
    ["skip", ["create", "get", "list", "patch", "watch"], []],
    ["replace", ["create", "get", "list", "patch", "update", "watch"], ["horizontalpodautoscalers"]],
    [
      "recreate",
      ["create", "delete", "get", "list", "patch", "watch"],
      ["horizontalpodautoscalers", "persistentvolumeclaims"],
    ],
  ] as const)("%s are what it writes, and what it looks at before", (existing, verbs, looked) => {
    const [role] = restoreRights(chosen, discovery, { existing });
    expect(role?.rules.find(({ resources }) => resources.includes("configmaps"))?.verbs).toEqual(verbs);
    const lists = role?.rules.filter((rule) => rule.verbs.join() === "list") ?? [];
    expect(lists.flatMap(({ resources }) => resources).sort()).toEqual(looked);
  });
});
