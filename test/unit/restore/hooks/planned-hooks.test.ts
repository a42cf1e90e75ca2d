import { describe, expect, it, test } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { expectedPods, hooksOf } from "#core/restore/hooks/planned-hooks.ts";

const POST = { "post.hook.restore.velero.io/command": "fill" };
const INIT = { "init.hook.restore.velero.io/container-image": "tools:1" };

function kindOf(groupResource: string) {
  const [resource = "", ...group] = groupResource.split(".");
  return { group: group.join("."), version: "v1", resource, kind: resource, namespaced: true };
}

function hooked(groupResource: string, object: ExactObject, original: ExactObject = object) {
  const kind = kindOf(groupResource);
  return { kind, namespace: "shop", name: "db", object, intended: object, original };
}

const pod = (annotations: Record<string, string>) => ({
  metadata: { annotations },
  spec: { containers: [{ name: "app" }] },
});
const maker = (annotations: Record<string, string>, spec: ExactObject = {}) => ({
  spec: { ...spec, template: pod(annotations) },
});
const wanted = { hooks: true };

describe("the hooks of what is created", () => {
  it("all run in a pod that is restored itself", () => {
    const found = hooksOf(hooked("pods", pod({ ...POST, ...INIT })), wanted);
    expect(found.map(({ hook, why }) => [hook.type, why])).toEqual([
      ["init", undefined],
      ["exec", undefined],
    ]);
  });

  it.each(["deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicationcontrollers"])(
    "%s: commands run in the pods of its template; an init container is named as one that does not",
    (kind) => {
      const found = hooksOf(hooked(kind, maker({ ...POST, ...INIT })), wanted);
      expect(found.map(({ hook, why }) => [hook.type, why === undefined])).toEqual([
        ["init", false],
        ["exec", true],
      ]);
      expect(found[0]?.isIdle).toBe(false);
    },
  );

  it.each([
    ["a CronJob", "cronjobs.batch", { spec: { jobTemplate: maker(POST) } }],
    ["a suspended Job", "jobs.batch", maker(POST, { suspend: true })],
    ["what is scaled to 0", "deployments.apps", maker(POST, { replicas: 0 })],
  ])("%s has no pods now, which is said and is no loss", (_, kind, object) => {
    expect(hooksOf(hooked(kind, object), wanted)).toMatchObject([{ isIdle: true, why: expect.any(String) }]);
  });

  it("a command for a container that is not there is a loss, and so is an init container without an image", () => {
    const absent = { ...POST, "post.hook.restore.velero.io/container": "gone" };
    expect(hooksOf(hooked("pods", pod(absent)), wanted)).toMatchObject([
      { isIdle: false, why: "there is no container gone" },
    ]);
    const imageless = { "init.hook.restore.velero.io/command": "fill" };
    expect(hooksOf(hooked("pods", pod(imageless)), wanted)).toMatchObject([
      { isIdle: false, why: expect.stringContaining("no image") },
    ]);
  });

  it("a Deployment's ReplicaSets have none of their own", () => {
    const metadata = { ownerReferences: [{ kind: "Deployment", name: "db" }] };
    const set = maker(POST, { replicas: 2 });
    expect(hooksOf(hooked("replicasets.apps", set, { metadata }), wanted)).toEqual([]);
    expect(hooksOf(hooked("replicasets.apps", set), wanted)).toHaveLength(1);
  });

  it("none runs with --hooks=false, and each is named", () => {
    const found = hooksOf(hooked("pods", pod({ ...POST, ...INIT })), { hooks: false });
    const unwanted = { why: "--hooks=false", isIdle: true };
    expect(found).toMatchObject([unwanted, unwanted]);
  });

  it("other kinds and pods without annotations have none", () => {
    expect(hooksOf(hooked("configmaps", pod(POST)), wanted)).toEqual([]);
    expect(hooksOf(hooked("pods", pod({})), wanted)).toEqual([]);
  });
});

test.each<[string, ExactObject, number | undefined]>([
  ["pods", {}, 1],
  ["deployments.apps", { spec: { replicas: 3 } }, 3],
  ["deployments.apps", { spec: {} }, 1],
  ["jobs.batch", { spec: { parallelism: 4, completions: 2 } }, 2],
  ["daemonsets.apps", { metadata: { generation: 1 }, status: {} }, undefined],
  [
    "daemonsets.apps",
    { metadata: { generation: 2 }, status: { observedGeneration: 2, desiredNumberScheduled: 5 } },
    5,
  ],
])("%s %o wants %s pods", (kind, live, count) => {
  expect(expectedPods({ kind: kindOf(kind) }, live)).toBe(count);
});
