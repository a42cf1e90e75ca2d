import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { relateClusters } from "#core/model/cluster-identity.ts";
import { eventually } from "#test/harness/eventually.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { context, kindOf, type Location, type Made, makeBackup, newLocation } from "./make-backup.ts";

let admin: KubeClient;
let location: Location;
const namespace = uniqueName("rights");
const clusterScoped: string[] = [];

/** Every rule of the list on the namespace, for a user of its own; gives the kubeconfig. */
async function userWith(rules: readonly object[]): Promise<string> {
  const user = uniqueName("user");
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: user, namespace } };
  const role = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }];
  await admin.apply([
    { ...rbac, kind: "Role", rules },
    { ...rbac, kind: "RoleBinding", roleRef: role, subjects },
  ]);
  const kubeconfig = await sharedCluster().withClientCert({ user });
  return kubeconfig;
}

const READ_ALL = { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] };

const chosen = { includeNamespaces: [namespace] };
const backup = (kubeconfig: string, more: object = {}) =>
  makeBackup({ kubeconfig, catalog: location.catalog, chosen, ...more });

beforeAll(async () => {
  admin = sharedCluster().adminClient();
  location = await newLocation();
  const storageClass = uniqueName("fast");
  clusterScoped.push(`/apis/storage.k8s.io/v1/storageclasses/${storageClass}`);
  const metadata = (name: string) => ({ name, namespace });
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("a") },
    { apiVersion: "v1", kind: "Secret", metadata: metadata("s") },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: storageClass },
      provisioner: "example.com/none",
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: metadata("data"),
      spec: {
        storageClassName: storageClass,
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
      },
    },
  ]);
});

afterAll(async () => {
  await admin.delete(`/api/v1/namespaces/${namespace}`);
  for (const path of clusterScoped) await admin.delete(path);
  admin.close();
  await location.remove();
});

describe("a user with rights in one namespace only", () => {
  test("who may read every kind there gets a complete backup; what is related and refused is a warning", async () => {
    const proxy = await faultyKubeProxy({ kubeconfigPath: await userWith([READ_ALL]) });
    const { facts, items } = await backup(proxy.kubeconfigPath).finally(() => proxy.stop());
    const asked = new Set(proxy.requests.map(({ path }) => path));
    for (const { group, version, resource } of facts.kinds.filter(({ namespaced }) => namespaced)) {
      const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
      expect(asked).toContain(`${root}/namespaces/${namespace}/${resource}`);
      expect(asked, "no list of everything").not.toContain(`${root}/${resource}`);
    }
    expect(facts).toMatchObject({ phase: "Completed", errors: [] });
    expect(facts.namespaces).toMatchObject([{ name: namespace, complete: true, kindsNotRead: [] }]);
    expect(items.has(`secrets ${namespace}/s`)).toBe(true);
    expect(items.has(`namespaces /${namespace}`)).toBe(true);
    expect(facts.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("related storageclasses.storage.k8s.io could not be read"),
    );
  });

  test("who may not read secrets gets the rest, and is told the rule that is missing", async () => {
    const rules = [
      { ...READ_ALL, apiGroups: [""], resources: ["configmaps", "namespaces"] },
      { ...READ_ALL, apiGroups: ["apps"] },
    ];
    const { facts, items } = await backup(await userWith(rules));
    expect(items.has(`configmaps ${namespace}/a`)).toBe(true);
    expect(items.has(`secrets ${namespace}/s`)).toBe(false);
    expect(facts.phase).toBe("PartiallyFailed");
    expect(kindOf(facts, "secrets")?.error).toMatchObject({
      code: "cluster-forbidden",
      namespaces: [namespace],
    });
    const secrets = facts.errors.find(({ message }) => message.startsWith("secrets could not be read"));
    expect(secrets?.message).toContain(
      '{apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"]}',
    );
    expect(facts.namespaces[0]?.kindsNotRead).toContain("secrets");
    expect(facts.namespaces[0]?.complete).toBe(false);
  });

  test("is the same cluster as the administrator's, though kube-system is out of reach", async () => {
    const narrow = await backup(await userWith([READ_ALL]));
    const wide = await backup(sharedCluster().kubeconfigPath);
    expect(narrow.facts.cluster.kubeSystemUid).toBeUndefined();
    expect(wide.facts.cluster.kubeSystemUid).toBeDefined();
    expect(relateClusters(narrow.facts.cluster, wide.facts.cluster)).toBe("same");
  });

  test("cannot back up all namespaces, and is told how to name one", async () => {
    const kubeconfig = await userWith([READ_ALL]);
    await expect(backup(kubeconfig, { chosen: {} })).rejects.toMatchObject({
      code: "cluster-forbidden",
      hint: expect.stringContaining("-n NAMESPACE"),
    });
  });

  test("who may read nothing gets no backup at all", async () => {
    const name = uniqueName("nothing");
    await expect(backup(await userWith([]), { name })).rejects.toMatchObject({ code: "cluster-forbidden" });
    await expect(location.catalog.find(name, context)).rejects.toMatchObject({ code: "backup-not-found" });
  });
});

describe("an API that is down", () => {
  test("is a warning that names it, and everything else is saved", async () => {
    const group = `${uniqueName("down").replace("-", "")}.example.com`;
    const path = `/apis/apiregistration.k8s.io/v1/apiservices/v1.${group}`;
    const kindsOf = ({ facts }: Made) => facts.kinds.map((kind) => `${kind.resource}.${kind.group}`).sort();
    const before = await backup(sharedCluster().kubeconfigPath);
    await admin.apply([
      {
        apiVersion: "apiregistration.k8s.io/v1",
        kind: "APIService",
        metadata: { name: `v1.${group}` },
        spec: {
          group,
          version: "v1",
          service: { namespace, name: "nobody" },
          insecureSkipTLSVerify: true,
          // In discovery it stands before nearly all other groups, which would be lost with it if any were.
          groupPriorityMinimum: 17_900,
          versionPriority: 100,
        },
      },
    ]);
    try {
      await eventually("the API in discovery", async () =>
        (await admin.request("GET", "/apis", { headers: { accept: DISCOVERY } })).text.includes(group),
      );
      const made = await backup(sharedCluster().kubeconfigPath);
      const { facts, items } = made;
      expect(items.has(`secrets ${namespace}/s`)).toBe(true);
      expect(kindsOf(made)).toEqual(kindsOf(before));
      expect(facts.phase).toBe("Completed");
      expect(facts.warnings.map(({ message }) => message)).toContainEqual(
        expect.stringContaining(`${group}/v1`),
      );
    } finally {
      await admin.delete(path);
    }
  });
});

const DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
