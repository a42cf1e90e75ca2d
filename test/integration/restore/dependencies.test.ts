import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const RBAC = "rbac.authorization.k8s.io";

function secret(ns: string, name: string): ApplyObject {
  return { apiVersion: "v1", kind: "Secret", metadata: { namespace: ns, name }, stringData: { a: "b" } };
}

function account(ns: string, name: string, more: Record<string, unknown> = {}): ApplyObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: ns, name }, ...more };
}

function granted(ns: string, who: string, scope: "" | "Cluster"): readonly ApplyObject[] {
  const name = `${ns}-${who}`;
  const metadata = scope === "" ? { namespace: ns, name } : { name };
  const subjects = [{ kind: "ServiceAccount", name: who, namespace: ns }];
  const roleRef = { apiGroup: RBAC, kind: `${scope}Role`, name };
  return [
    { apiVersion: `${RBAC}/v1`, kind: `${scope}Role`, metadata, rules: [] },
    { apiVersion: `${RBAC}/v1`, kind: `${scope}RoleBinding`, metadata, roleRef, subjects },
  ];
}

/** web needs settings, password, the account robot (with a pull secret and rights) and a class; other needs nothing. */
async function shop() {
  const ns = uniqueName("shop");
  const priority = uniqueName("high");
  await rig.client.apply([
    namespace(ns),
    configMap(ns, "settings"),
    configMap(ns, "unrelated"),
    secret(ns, "password"),
    secret(ns, "pull"),
    account(ns, "robot", { imagePullSecrets: [{ name: "pull" }] }),
    account(ns, "stranger"),
    ...granted(ns, "robot", ""),
    ...granted(ns, "robot", "Cluster"),
    ...granted(ns, "stranger", ""),
    {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: priority },
      value: 7,
    } as ApplyObject,
    deployment(ns, "web", {
      serviceAccountName: "robot",
      priorityClassName: priority,
      volumes: [{ name: "s", secret: { secretName: "password" } }],
      containers: [{ name: "c", image: "pause", envFrom: [{ configMapRef: { name: "settings" } }] }],
    }),
    deployment(ns, "other"),
  ]);
  const backup = await rig.backUp([ns]);
  const remove = async () => {
    await rig.removeNamespace(ns);
    for (const kind of ["clusterroles", "clusterrolebindings"]) {
      await rig.client.delete(`/apis/${RBAC}/v1/${kind}/${ns}-robot`);
    }
    await rig.client.delete(`/apis/scheduling.k8s.io/v1/priorityclasses/${priority}`);
  };
  return { ns, priority, backup, remove };
}

const only = (ns: string, ...includeResources: string[]) => ({
  selection: { includeNamespaces: [ns], includeResources },
});

async function names(path: string): Promise<readonly string[]> {
  return (await rig.client.list(path)).map(({ metadata }) => metadata.name).sort();
}

describe("a restore with dependencies", () => {
  it("brings what the selected object refers to, what that refers to, its account's rights, and nothing else", async () => {
    const { ns, priority, backup, remove } = await shop();
    await remove();

    const report = await rig.restore(backup, { ...only(ns, "deployment/web"), withDependencies: true });

    expect(report).toMatchObject({ complete: true, unmet: [], troubles: [] });
    const core = `/api/v1/namespaces/${ns}`;
    expect(await names(`/apis/apps/v1/namespaces/${ns}/deployments`)).toEqual(["web"]);
    expect(await names(`${core}/configmaps`)).not.toContain("unrelated");
    expect(await names(`${core}/configmaps`)).toContain("settings");
    expect(await names(`${core}/secrets`)).toEqual(["password", "pull"]);
    expect(await names(`${core}/serviceaccounts`)).toEqual(["default", "robot"]);
    expect(await names(`/apis/${RBAC}/v1/namespaces/${ns}/roles`)).toEqual([`${ns}-robot`]);
    expect(await names(`/apis/${RBAC}/v1/namespaces/${ns}/rolebindings`)).toEqual([`${ns}-robot`]);
    expect(await names(`/apis/${RBAC}/v1/clusterroles`)).toContain(`${ns}-robot`);
    expect(await names(`/apis/${RBAC}/v1/clusterrolebindings`)).toContain(`${ns}-robot`);
    expect(await names("/apis/scheduling.k8s.io/v1/priorityclasses")).toContain(priority);
  });

  it("never touches a dependency that exists, whatever the policy", async () => {
    const { ns, backup } = await shop();
    const path = `/api/v1/namespaces/${ns}/configmaps/settings`;
    const changed = await rig.client.patch(path, { data: { key: "newer" } }, "merge");
    await rig.client.delete(`/apis/apps/v1/namespaces/${ns}/deployments/web`);

    const report = await rig.restore(backup, {
      ...only(ns, "deployment/web"),
      withDependencies: true,
      existing: "update",
    });

    expect(report).toMatchObject({ complete: true, counts: { created: 1, updated: 0 } });
    expect((await rig.client.get(path)).metadata.resourceVersion).toBe(changed.metadata.resourceVersion);
  });

  it("says in the plan what comes along and why", async () => {
    const { ns, backup, remove } = await shop();
    await remove();
    const { plan } = await rig.prepare(backup, { ...only(ns, "deployment/web"), withDependencies: true });
    const whys = Object.fromEntries(plan.pulledIn.map((one) => [`${one.kind}/${one.name}`, one.because]));
    expect(whys).toMatchObject({
      "ConfigMap/settings": `deployments.apps ${ns}/web refers to it`,
      "Secret/pull": `serviceaccounts ${ns}/robot refers to it`,
      [`RoleBinding/${ns}-robot`]: `it binds serviceaccounts ${ns}/robot`,
      [`Role/${ns}-robot`]: `rolebindings.rbac.authorization.k8s.io ${ns}/${ns}-robot refers to it`,
      [`Namespace/${ns}`]: "what is restored lies in it",
    });
  });

  it("leaves to the exclude list what that names, and says that it will be missed", async () => {
    const { ns, backup, remove } = await shop();
    await remove();
    const selection = {
      includeNamespaces: [ns],
      includeResources: ["deployment/web"],
      excludeResources: ["secrets"],
    };
    const { plan } = await rig.prepare(backup, { selection, withDependencies: true });
    expect(plan.pulledIn.filter(({ kind }) => kind === "Secret")).toEqual([]);
    expect(plan.unmet.map(({ kind, name }) => `${kind}/${name}`).sort()).toEqual([
      "secrets/password",
      "secrets/pull",
    ]);
  });
});

describe("a restore without dependencies", () => {
  it("names in plan and report what the selected objects will look for in vain, and not what is there", async () => {
    const { ns, backup } = await shop();
    const core = `/api/v1/namespaces/${ns}`;
    await rig.client.delete(`/apis/apps/v1/namespaces/${ns}/deployments/web`);
    await rig.client.delete(`${core}/secrets/password`);

    const chosen = only(ns, "deployment/web");
    const { plan } = await rig.prepare(backup, chosen);
    const report = await rig.restore(backup, chosen);

    const missed = {
      kind: "secrets",
      namespace: ns,
      name: "password",
      neededBy: `deployments.apps ${ns}/web`,
      inBackup: true,
    };
    expect(plan.unmet).toEqual([missed]);
    expect(report.unmet).toEqual([missed]);
    expect(report.warnings.join()).toMatch(/secrets .*\/password.*--with-dependencies/);
  });
});

describe("a restore with owners", () => {
  it("brings what owns the selected object, up to the top, and links them", async () => {
    const ns = uniqueName("owned");
    const owner = async (path: string, object: ApplyObject, above?: ApplyObject) => {
      const reference = above && {
        apiVersion: above.apiVersion,
        kind: above.kind,
        name: above.metadata.name,
        uid: String(above.metadata["uid"]),
      };
      const metadata = { ...object.metadata, ...(reference && { ownerReferences: [reference] }) };
      return (await rig.client.create(path, { ...object, metadata })) as ApplyObject;
    };
    await rig.client.apply([namespace(ns)]);
    const path = `/api/v1/namespaces/${ns}/configmaps`;
    const top = await owner(path, configMap(ns, "top"));
    const middle = await owner(path, configMap(ns, "middle"), top);
    await owner(path, configMap(ns, "leaf"), middle);
    await owner(path, configMap(ns, "sibling"), middle);
    const backup = await rig.backUp([ns]);
    await rig.removeNamespace(ns);

    const { plan } = await rig.prepare(backup, { ...only(ns, "configmap/leaf"), withOwners: true });
    expect(plan.pulledIn).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ name: "top", because: `it owns configmaps ${ns}/middle` }),
      ]),
    );
    const report = await rig.restore(backup, { ...only(ns, "configmap/leaf"), withOwners: true });

    expect(report).toMatchObject({ complete: true, troubles: [], notes: [] });
    const found = await names(path);
    expect(found).toEqual(expect.arrayContaining(["leaf", "middle", "top"]));
    expect(found).not.toContain("sibling");
    const leaf = await rig.client.get(`${path}/leaf`);
    const newMiddle = await rig.client.get(`${path}/middle`);
    expect(leaf.metadata["ownerReferences"]).toMatchObject([{ uid: newMiddle.metadata["uid"] }]);
  });
});

describe("on the command line", () => {
  it("the plan lists what comes along, and rbac restore grants what that takes", async () => {
    const { ns } = await shop();
    const location = await directoryLocation();
    const kubeconfig = sharedCluster().kubeconfigPath;
    const at = ["--location", location.url];
    await runCli(["create", "b1", "-n", ns, ...at], { kubeconfig });
    const part = ["-n", ns, "--include-resources", "deployment/web", "--with-dependencies"];
    const { stdout, stderr } = await runCli(["restore", "b1", ...part, "--dry-run", ...at], { kubeconfig });
    expect(stdout, stderr).toMatch(/BECAUSE[\s\S]*secrets +\S+\/password +deployments\.apps \S+\/web refers/);
    const rbac = await runCli(["rbac", "restore", ...part], { kubeconfig });
    expect(rbac.stdout).toMatch(/secrets/);
    expect(rbac.stdout).not.toMatch(/cronjobs/);
    await location.remove();
  });
});
