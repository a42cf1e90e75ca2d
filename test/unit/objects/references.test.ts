import { describe, expect, test } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { canRefer, referencesOf } from "#core/objects/references.ts";

function named(groupResource: string, object: ExactObject): readonly string[] {
  const [resource = "", ...group] = groupResource.split(".");
  const metadata = { name: "x", namespace: "shop" };
  return referencesOf({ resource, group: group.join(".") }, { metadata, ...object }).map(
    ({ groupResource: kind, namespace, name }) => `${kind} ${namespace}/${name}`,
  );
}

const POD = {
  priorityClassName: "high",
  runtimeClassName: "sandbox",
  serviceAccountName: "robot",
  imagePullSecrets: [{ name: "pull" }],
  volumes: [
    { configMap: { name: "cm" } },
    { secret: { secretName: "sec" } },
    { persistentVolumeClaim: { claimName: "data" } },
    { projected: { sources: [{ configMap: { name: "pcm" } }, { secret: { name: "psec" } }] } },
    { emptyDir: {} },
  ],
  containers: [
    {
      envFrom: [{ configMapRef: { name: "ecm" } }, { secretRef: { name: "esec" } }],
      env: [
        { valueFrom: { configMapKeyRef: { name: "vcm" } } },
        { valueFrom: { secretKeyRef: { name: "vsec" } } },
      ],
    },
  ],
  initContainers: [{ envFrom: [{ secretRef: { name: "isec" } }] }],
};

const POD_REFERENCES = [
  "configmaps shop/cm",
  "configmaps shop/ecm",
  "configmaps shop/pcm",
  "configmaps shop/vcm",
  "persistentvolumeclaims shop/data",
  "priorityclasses.scheduling.k8s.io /high",
  "runtimeclasses.node.k8s.io /sandbox",
  "secrets shop/esec",
  "secrets shop/isec",
  "secrets shop/psec",
  "secrets shop/pull",
  "secrets shop/sec",
  "secrets shop/vsec",
  "serviceaccounts shop/robot",
];

describe("referencesOf", () => {
  test.each([
    ["pods", { spec: POD }],
    ["deployments.apps", { spec: { template: { spec: POD } } }],
    ["daemonsets.apps", { spec: { template: { spec: POD } } }],
    ["statefulsets.apps", { spec: { template: { spec: POD } } }],
    ["jobs.batch", { spec: { template: { spec: POD } } }],
    ["cronjobs.batch", { spec: { jobTemplate: { spec: { template: { spec: POD } } } } }],
  ] as const)("finds all that the pods of %s name", (kind, object) => {
    expect(named(kind, object).toSorted()).toEqual(POD_REFERENCES);
  });

  test.each([
    [
      "persistentvolumeclaims",
      { spec: { volumeName: "pv-1", storageClassName: "fast" } },
      ["persistentvolumes /pv-1", "storageclasses.storage.k8s.io /fast"],
    ],
    [
      "statefulsets.apps",
      { spec: { volumeClaimTemplates: [{ spec: { storageClassName: "fast" } }] } },
      ["storageclasses.storage.k8s.io /fast"],
    ],
    [
      "rolebindings.rbac.authorization.k8s.io",
      { roleRef: { kind: "ClusterRole", name: "r" } },
      ["clusterroles.rbac.authorization.k8s.io /r"],
    ],
    [
      "rolebindings.rbac.authorization.k8s.io",
      { roleRef: { kind: "Role", name: "r" } },
      ["roles.rbac.authorization.k8s.io shop/r"],
    ],
    [
      "ingresses.networking.k8s.io",
      { spec: { ingressClassName: "i" } },
      ["ingressclasses.networking.k8s.io /i"],
    ],
    [
      "volumesnapshots.snapshot.storage.k8s.io",
      {
        spec: { volumeSnapshotClassName: "c", source: { persistentVolumeClaimName: "data" } },
        status: { boundVolumeSnapshotContentName: "cut" },
      },
      [
        "volumesnapshotclasses.snapshot.storage.k8s.io /c",
        "volumesnapshotcontents.snapshot.storage.k8s.io /cut",
      ],
    ],
    [
      "volumesnapshots.snapshot.storage.k8s.io",
      { spec: { source: { volumeSnapshotContentName: "given" } } },
      ["volumesnapshotcontents.snapshot.storage.k8s.io /given"],
    ],
    ["configmaps", { data: { spec: "x" } }, []],
    ["persistentvolumeclaims", { spec: null }, []],
    ["pods", { spec: { volumes: "nonsense", containers: [null, 7] } }, []],
  ] as const)("%s %j refers to %j", (kind, object, expected) => {
    expect(named(kind, object)).toEqual(expected);
  });

  test("says which kinds need not be looked into", () => {
    expect(canRefer({ group: "", resource: "configmaps" })).toBe(false);
    expect(canRefer({ group: "apps", resource: "deployments" })).toBe(true);
  });
});
