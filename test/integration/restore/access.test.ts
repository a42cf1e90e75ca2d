import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAccess } from "#core/kube/access/access.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const RBAC = "rbac.authorization.k8s.io";
const ROLES = `/apis/${RBAC}/v1/clusterroles`;
const PODS = { apiGroups: [""], resources: ["pods"], verbs: ["list"] };

function role(app: string, name: string, rules: readonly object[] = [PODS]) {
  return { apiVersion: `${RBAC}/v1`, kind: "Role", metadata: { namespace: app, name }, rules };
}

function binding(app: string, name: string, { to, user = "u" }: { to: string; user?: string }) {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: "RoleBinding",
    metadata: { namespace: app, name },
    roleRef: { apiGroup: RBAC, kind: "Role", name: to },
    subjects: [{ apiGroup: RBAC, kind: "User", name: user }],
  };
}

describe("a role binding", () => {
  it("that is there with another role fails with a clear reason by update, and is replaced by recreate", async () => {
    const app = uniqueName("app");
    await rig.client.apply([
      namespace(app),
      role(app, "first"),
      role(app, "second"),
      binding(app, "b", { to: "first" }),
    ]);
    const path = `/apis/${RBAC}/v1/namespaces/${app}/rolebindings/b`;
    const backup = await rig.backUp([app]);
    await rig.client.delete(path);
    await rig.client.apply([binding(app, "b", { to: "second" })]);

    const updated = await rig.restore(backup, { existing: "update" });
    expect(updated.failed.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["b", expect.objectContaining({ reason: "immutable", message: expect.stringMatching(/roleRef/) })],
    ]);
    expect((await rig.client.get(path))["roleRef"]).toMatchObject({ name: "second" });

    const recreated = await rig.restore(backup, { existing: "recreate" });
    expect(recreated.failed).toEqual([]);
    expect((await rig.client.get(path))["roleRef"]).toMatchObject({ name: "first" });
  });
});

describe("roles", () => {
  it("with more rights than the restoring user has fail with the server's reason, and all else returns", async () => {
    const [app, user] = [uniqueName("app"), uniqueName("user")];
    const rules = [{ apiGroups: [""], resources: ["secrets"], verbs: ["*"] }];
    await rig.client.apply([namespace(app), role(app, "strong", rules), configMap(app, "one")]);
    const backup = await rig.backUp([app]);
    await rig.client.delete(`/apis/${RBAC}/v1/namespaces/${app}/roles/strong`);
    await rig.client.delete(`/api/v1/namespaces/${app}/configmaps/one`);
    const writes = [{ apiGroups: ["", RBAC], resources: ["configmaps", "roles"], verbs: ["*"] }];
    const weak = [{ ...role(app, "w", [{ ...writes[0], verbs: ["get", "list", "create", "patch"] }]) }];
    await rig.client.apply([...weak, binding(app, "w", { to: "w", user })]);
    const kubeconfig = await sharedCluster().withClientCert({ user });
    const access = await openAccess({ kubeconfig, env: {}, interactive: false });
    const cluster = openCluster(access, { userAgent: "restore-test" });
    const admin = { ...rig.cluster };
    Object.assign(rig.cluster, cluster);

    const report = await rig.restore(backup, { selection: { includeResources: ["roles", "configmaps"] } });

    Object.assign(rig.cluster, admin);
    cluster.close();
    expect(report.failed.map(({ name, outcome }) => [name, outcome])).toEqual([
      [
        "strong",
        expect.objectContaining({
          reason: "forbidden",
          message: expect.stringMatching(/not currently held/),
        }),
      ],
    ]);
    expect(await rig.client.find(`/api/v1/namespaces/${app}/configmaps/one`)).toBeDefined();
  });

  it("that are aggregated are not fought over, and the server's own stay untouched", async () => {
    const name = uniqueName("sum");
    const labels = { [`sum-${name}`]: "yes" };
    const sum = {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] },
    };
    const part = {
      apiVersion: `${RBAC}/v1`,
      kind: "ClusterRole",
      metadata: { name: `${name}-part`, labels },
    };
    await rig.client.apply([sum, { ...part, rules: [PODS] }]);
    const isSummed = async () =>
      ((await rig.client.find(`${ROLES}/${name}`))?.["rules"] as unknown[] | null | undefined)?.length === 1;
    await eventually("aggregated", isSummed);
    const backup = await rig.backUp([]);
    await rig.client.delete(`${ROLES}/${name}`);
    const version = async () => (await rig.client.get(`${ROLES}/view`)).metadata["resourceVersion"];
    const before = await version();
    const selection = { includeResources: ["clusterroles"] };

    const report = await rig.restore(backup, { selection, existing: "update" });

    expect(report.failed).toEqual([]);
    expect(report.counts.created).toBe(1);
    await eventually("aggregated again", isSummed);
    expect(report.reasons["auto-made"]).toBeGreaterThan(10);
    expect(await version()).toBe(before);
    const more = { rules: [PODS, { apiGroups: [""], resources: ["nodes"], verbs: ["list"] }] };
    await rig.client.patch(`${ROLES}/${name}-part`, more, "merge");
    await eventually("aggregated anew", async () => !(await isSummed()));
    const settled = (await rig.client.get(`${ROLES}/${name}`)).metadata["resourceVersion"];
    const one = { includeResources: [`clusterroles/${name}`] };
    expect((await rig.restore(backup, { selection: one, existing: "update" })).counts.updated).toBe(0);
    expect((await rig.client.get(`${ROLES}/${name}`)).metadata["resourceVersion"]).toBe(settled);
    for (const each of [name, `${name}-part`]) await rig.client.delete(`${ROLES}/${each}`);
  });
});

describe("a token of the default account of a new namespace", () => {
  it("is not created before the account, which would have it deleted at once", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    await rig.client.apply([namespace(app)]);
    await eventually("the account", () =>
      rig.client.find(`/api/v1/namespaces/${app}/serviceaccounts/default`),
    );
    await rig.client.create(`/api/v1/namespaces/${app}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata: { name: "ci", annotations: { "kubernetes.io/service-account.name": "default" } },
    });
    const backup = await rig.backUp([app]);
    const asked: string[] = [];
    const { get, create } = rig.cluster;
    // As slow as a busy controller: the first two looks find no account yet.
    rig.cluster.get = (ref, signal) => {
      if (ref.resource.resource !== "serviceaccounts") return get(ref, signal);
      asked.push("look");
      return asked.length <= 2 ? Promise.resolve(undefined) : get(ref, signal);
    };
    rig.cluster.create = (ref, ...rest) => {
      if (ref.resource.resource === "secrets") asked.push("create");
      return create(ref, ...rest);
    };

    const report = await rig.restore(backup, { namespaceMapping: { [app]: copy } }).finally(() => {
      Object.assign(rig.cluster, { get, create });
    });

    expect(report.failed).toEqual([]);
    expect(asked.slice(0, 2)).toEqual(["look", "look"]);
    expect(asked.at(-1)).toBe("create");
    await eventually("a token", async () => {
      const secret = await rig.client.find(`/api/v1/namespaces/${copy}/secrets/ci`);
      return (secret?.["data"] as Record<string, string> | undefined)?.["token"];
    });
  });
});
