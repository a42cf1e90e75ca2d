import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAccess } from "#core/kube/access/access.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { type PlanDocument, planDocument } from "#core/restore/plan-document.ts";
import { previewRestore } from "#core/restore/preview/preview-restore.ts";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, cronJob, customKind, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;

async function planned(
  backup: string,
  request: Record<string, unknown> = {},
  { cluster = rig.cluster, askServer = false } = {},
): Promise<PlanDocument> {
  const prepared = await rig.prepare(backup, request);
  const { signal } = new AbortController();
  const ask = { prepared, cluster, request: prepared.facts.rules.request, askServer, signal };
  return planDocument(prepared.plan, await previewRestore(ask));
}

const namesOf = ({ objects }: PlanDocument, action: string) =>
  objects.filter((one) => one.action === action).map(({ resource, name }) => `${resource}/${name}`);

describe("the plan", () => {
  it("counts what the rules will do: what they skip is no creation, and the restore creates as many", async () => {
    const app = uniqueName("app");
    const done = { apiVersion: "v1", kind: "Pod", metadata: { namespace: app, name: "done" } };
    const spec = { containers: [{ name: "c", image: "pause" }] };
    await rig.client.apply([
      namespace(app),
      configMap(app, "one"),
      deployment(app, "web"),
      { ...done, spec },
    ]);
    await rig.client.patch(`${core(app, "pods/done")}/status`, { status: { phase: "Succeeded" } });
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const plan = await planned(backup);

    expect(namesOf(plan, "create")).toEqual(
      expect.arrayContaining(["configmaps/one", "deployments/web", `namespaces/${app}`]),
    );
    expect(plan.objects).toContainEqual(
      expect.objectContaining({ action: "skip", name: "done", reason: "finished-pod" }),
    );
    const report = await rig.restore(backup);
    expect(report.counts.created).toBe(plan.counts.create);
    expect(report.counts.skipped).toBe(plan.counts.skip);
  });

  it("shows an update field by field, hides Secrets' values, and reads no object that does not differ", async () => {
    const app = uniqueName("app");
    const secret = (value: string) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: app, name: "keys" },
      stringData: { key: value },
    });
    const many = Array.from({ length: 30 }, (_, n) => configMap(app, `many-${n}`));
    await rig.client.apply([namespace(app), configMap(app, "same"), ...many, secret("old-password")]);
    const backup = await rig.backUp([app]);
    await rig.client.patch(core(app, "secrets/keys"), { stringData: { key: "new-password" } });
    for (const { metadata } of many)
      await rig.client.patch(core(app, `configmaps/${metadata.name}`), { data: { key: "changed" } });

    const plan = await planned(backup, { existing: "update" });

    expect(plan.counts).toMatchObject({ create: 0, update: 31 });
    expect(plan.objects.find(({ name }) => name === "many-7")?.changes).toEqual([
      { path: ".data.key", old: '"changed"', new: '"value"' },
    ]);
    expect(plan.objects.find(({ name }) => name === "keys")?.changes).toEqual([
      { path: ".data.key", old: "(secret, differs)", new: "(secret, differs)" },
    ]);
    expect(JSON.stringify(plan)).not.toMatch(/password|b2xk|bmV3/);
    const report = await rig.restore(backup, { existing: "update" });
    expect(report.counts.updated).toBe(31);
  });
});

describe("what reaches outside the cluster", () => {
  const objects = (app: string, host: string) => [
    namespace(app, {
      labels: { "kubectl-backup.io/protect": "true" },
      annotations: { "kubectl-backup.io/max-age": "24h" },
    }),
    configMap(app, "plain"),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: app, name: "front" },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    },
    cronJob(app, "report"),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { namespace: app, name: "web" },
      spec: {
        rules: [
          {
            host,
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "Prefix",
                  backend: { service: { name: "front", port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
  ];
  const summary = (reaches: PlanDocument["reaches"]) =>
    reaches.map(({ reach, name, withheld }) => `${reach} ${name}${withheld ? " withheld" : ""}`).toSorted();

  it("is listed and withheld from a copy of a protected namespace, which carries no protection either", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    const host = `${app}.example.com`;
    await rig.client.apply(objects(app, host));
    const backup = await rig.backUp([app]);
    const request = { namespaceMapping: { [app]: copy } };

    const plan = await planned(backup, request);
    const expected = ["cron-job report withheld", "host web", "load-balancer front withheld"];
    expect(summary(plan.reaches)).toEqual(expected);
    expect(plan.reaches.find(({ reach }) => reach === "host")?.message).toBe(
      `its host ${host} is that of ingresses.networking.k8s.io ${app}/web too`,
    );

    const report = await rig.restore(backup, request);
    expect(summary(report.reaches)).toEqual(expected);
    const made = await rig.client.get(`/api/v1/namespaces/${copy}`);
    expect(JSON.stringify(made.metadata)).not.toMatch(/protect|max-age/);
    expect(await rig.client.get(core(copy, "services/front"))).toMatchObject({ spec: { type: "ClusterIP" } });
    const cronJob = await rig.client.get(`/apis/batch/v1/namespaces/${copy}/cronjobs/report`);
    expect(cronJob).toMatchObject({ spec: { suspend: true } });
  });

  it("is listed and not withheld in place", async () => {
    const app = uniqueName("app");
    await rig.client.apply(objects(app, `${app}.example.com`));
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    expect(summary((await planned(backup)).reaches)).toEqual(["cron-job report", "load-balancer front"]);
    const report = await rig.restore(backup);
    expect(summary(report.reaches)).toEqual(["cron-job report", "load-balancer front"]);
    expect(await rig.client.get(core(app, "services/front"))).toMatchObject({
      spec: { type: "LoadBalancer" },
    });
  });

  it("are objects of kinds that own external things: a copy leaves them out by name", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    const group = `${uniqueName("x").replace("-", "")}.services.k8s.aws`;
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `buckets.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural: "buckets", singular: "bucket", kind: "Bucket" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    };
    await rig.client.apply([definition, namespace(app)]);
    const path = (ns: string) => `/apis/${group}/v1/namespaces/${ns}/buckets`;
    await eventually("served", async () => (await rig.client.request("GET", path(app))).status === 200);
    const bucket = { apiVersion: `${group}/v1`, kind: "Bucket", metadata: { namespace: app, name: "data" } };
    await rig.client.apply([bucket]);
    const backup = await rig.backUp([app]);
    const request = { namespaceMapping: { [app]: copy } };

    const plan = await planned(backup, request);
    expect(plan.objects).toContainEqual(
      expect.objectContaining({ action: "skip", name: "data", namespace: copy, reason: "reaches-outside" }),
    );
    const report = await rig.restore(backup, request);
    expect(summary(report.reaches)).toEqual(["external-kind data withheld"]);
    expect(await rig.client.find(`${path(copy)}/data`)).toBeUndefined();
    await rig.restore(backup, { ...request, includeExternal: true });
    expect(await rig.client.find(`${path(copy)}/data`)).toBeDefined();
    await rig.client.delete(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/buckets.${group}`);
  });

  it("are objects of kinds that only their definitions tell of, which come with the same restore", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    const group = `${uniqueName("y").replace("-", "")}.example.com`;
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `databases.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural: "databases", singular: "database", kind: "Database", categories: ["claim"] },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    };
    const path = (ns: string) => `/apis/${group}/v1/namespaces/${ns}/databases`;
    await rig.client.apply([definition, namespace(app)]);
    await eventually("served", async () => (await rig.client.request("GET", path(app))).status === 200);
    await rig.client.apply([
      { apiVersion: `${group}/v1`, kind: "Database", metadata: { namespace: app, name: "data" } },
    ]);
    const backup = await rig.backUp([app]);
    const forget = async () => {
      await rig.client.delete(`${definitions}/databases.${group}`);
      await eventually(
        "gone",
        async () => (await rig.client.find(`${definitions}/databases.${group}`)) === undefined,
      );
    };
    await forget();
    const request = { namespaceMapping: { [app]: copy } };

    expect(summary((await planned(backup, request)).reaches)).toEqual(["external-kind data withheld"]);
    const report = await rig.restore(backup, request);
    expect(summary(report.reaches)).toEqual(["external-kind data withheld"]);
    expect(report.failed).toEqual([]);
    await eventually("served", async () => (await rig.client.request("GET", path(copy))).status === 200);
    expect(await rig.client.list(path(copy))).toEqual([]);

    await forget();
    const external = await rig.restore(backup, { ...request, includeExternal: true });
    expect(summary(external.reaches)).toEqual(["external-kind data"]);
    expect(await rig.client.find(`${path(copy)}/data`)).toBeDefined();
    await forget();
  });
});

/** uid-free: name and resourceVersion of every object of every kind that can be listed. */
async function everything(): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const { resources } = await rig.cluster.discover(signal);
  const seen = new Set<string>();
  const marks: string[] = [];
  for (const resource of resources.filter(({ verbs }) => verbs.includes("list"))) {
    const key = `${resource.resource}.${resource.group}`;
    // Written all the time by the control plane itself.
    if (seen.has(key) || /^(leases|leasecandidates|events|ipaddresses)\./.test(key)) continue;
    seen.add(key);
    for await (const batch of rig.cluster.list({ resource, metadataOnly: true, signal })) {
      for (const bytes of batch) {
        const { namespace: ns, name, resourceVersion } = readItemHeader(bytes);
        marks.push(`${key} ${ns}/${name} ${resourceVersion}`);
      }
    }
  }
  return marks.toSorted();
}

describe("a dry run that asks the server", () => {
  const service = (ns: string) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: ns, name: "front" },
    spec: { ports: [{ port: 80 }] },
  });
  const immutable = (ns: string, value: string) =>
    configMap(ns, "fixed", { immutable: true, data: { key: value } });

  it("writes nothing, and lists what would be created, updated, skipped, refused and what cannot be checked", async () => {
    const [app, gone] = [uniqueName("app"), uniqueName("gone")];
    await rig.client.apply([
      ...[app, gone].map((name) => namespace(name)),
      ...["same", "changed", "gone"].map((name) => configMap(app, name)),
      immutable(app, "old"),
      service(app),
      configMap(gone, "one"),
    ]);
    const backup = await rig.backUp([app, gone]);
    await rig.client.patch(core(app, "configmaps/changed"), { data: { key: "else" } });
    for (const name of ["configmaps/gone", "configmaps/fixed", "services/front"])
      await rig.client.delete(core(app, name));
    await rig.client.apply([immutable(app, "new")]);
    await rig.removeNamespace(gone);
    const before = await everything();

    const plan = await planned(backup, { existing: "update" }, { askServer: true });

    expect(await everything()).toEqual(before);
    expect(namesOf(plan, "create")).toEqual([
      "configmaps/gone",
      "configmaps/one",
      `namespaces/${gone}`,
      "services/front",
    ]);
    expect(namesOf(plan, "update")).toEqual(["configmaps/changed", "configmaps/fixed"]);
    expect(plan.counts.skip).toBeGreaterThan(0);
    expect(plan.server?.refused.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      expect.stringMatching(/^fixed: .*immutable/),
    ]);
    expect(plan.uncheckable.map(({ reason, resource, names }) => [reason, resource, names])).toEqual([
      ["allotted-when-created", "services", [`${app}/front`]],
      ["namespace-to-come", "configmaps", [`${gone}/one`]],
    ]);
  });

  it("warns of fields that the server would drop, and refuses them where the request is strict", async () => {
    const app = uniqueName("app");
    const kind = await customKind(rig);
    await rig.client.apply([namespace(app)]);
    await rig.client.apply([
      { ...kind.type, metadata: { namespace: app, name: "one" }, spec: { keep: 1, drop: 2 } },
    ]);
    const backup = await rig.backUp([app]);
    await rig.client.delete(`${kind.path(app)}/one`);
    const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${kind.kind.resource}.${kind.kind.group}`;
    const schema = {
      openAPIV3Schema: {
        type: "object",
        properties: { spec: { type: "object", properties: { keep: { type: "integer" } } } },
      },
    };
    await rig.client.patch(definition, {
      spec: { versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema }] },
    });
    const probe = { ...kind.type, metadata: { name: "probe" }, spec: { drop: 1 } };
    await eventually("the new schema", async () => {
      const path = `${kind.path(app)}?dryRun=All&fieldValidation=Strict`;
      return (await rig.client.request("POST", path, { body: probe })).status === 400;
    });

    const lenient = await planned(backup, {}, { askServer: true });
    expect(lenient.server?.refused).toEqual([]);
    expect(lenient.server?.warned.map(({ message }) => message).join()).toContain(
      'unknown field "spec.drop"',
    );
    const strict = await planned(backup, { strict: true }, { askServer: true });
    expect(strict.server?.refused.map(({ message }) => message).join()).toContain(
      'unknown field "spec.drop"',
    );
    await kind.remove();
  });

  it("asks with the preconditions of the real write: what somebody changes meanwhile is uncheckable", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "one")]);
    const backup = await rig.backUp([app]);
    const path = core(app, "configmaps/one");
    await rig.client.patch(path, { data: { key: "other" } });
    const meanwhile = async () => void (await rig.client.patch(path, { data: { key: crypto.randomUUID() } }));
    const { patch, replace } = rig.cluster;
    const cluster: typeof rig.cluster = {
      ...rig.cluster,
      patch: (...asked) => meanwhile().then(() => patch(...asked)),
      replace: (...asked) => meanwhile().then(() => replace(...asked)),
    };

    for (const existing of ["update", "replace"]) {
      const plan = await planned(backup, { existing }, { cluster, askServer: true });
      expect(plan.server?.refused).toEqual([]);
      expect(plan.uncheckable).toMatchObject([{ reason: "changed-meanwhile", names: [`${app}/one`] }]);
    }
  });
});

describe("what stands against a restore", () => {
  it("is a quota of the target that the creations would exceed", async () => {
    const app = uniqueName("app");
    const maps = Array.from({ length: 5 }, (_, n) => configMap(app, `m${n}`));
    await rig.client.apply([namespace(app), ...maps]);
    const backup = await rig.backUp([app]);
    for (const { metadata } of maps) await rig.client.delete(core(app, `configmaps/${metadata.name}`));
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { namespace: app, name: "few" },
      spec: { hard: { configmaps: "3", "count/secrets": "9" } },
    };
    await rig.client.apply([quota]);
    await eventually("used", async () => {
      const found = await rig.client.get(core(app, "resourcequotas/few"));
      return JSON.stringify(found["status"] ?? {}).includes('"used"');
    });

    // kube-root-ca.crt is there already.
    expect((await planned(backup)).quota).toEqual([
      { namespace: app, quota: "few", resource: "configmaps", hard: 3, used: 1, creates: 5 },
    ]);
  });

  it("is a quota in what pods and claims ask for, too", async () => {
    const app = uniqueName("app");
    const resources = { requests: { cpu: "200m" } };
    const containers = [{ name: "c", image: "pause", resources }];
    const web = deployment(app, "web", { containers });
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { namespace: app, name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1536Mi" } } },
    };
    const spec = { ...(web["spec"] as object), replicas: 2 };
    await rig.client.apply([namespace(app), { ...web, spec }, claim]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { namespace: app, name: "tight" },
      spec: { hard: { "requests.cpu": "300m", "requests.storage": "1Gi", "requests.memory": "1Gi" } },
    };
    await rig.client.apply([namespace(app), quota]);
    await eventually("used", async () => {
      const found = await rig.client.get(core(app, "resourcequotas/tight"));
      return JSON.stringify(found["status"] ?? {}).includes('"used"');
    });

    const line = { namespace: app, quota: "tight", used: "0" };
    expect(
      (await planned(backup)).quota.toSorted((one, other) => (one.resource < other.resource ? -1 : 1)),
    ).toEqual([
      { ...line, resource: "requests.cpu", hard: "300m", creates: "400m" },
      { ...line, resource: "requests.storage", hard: "1Gi", creates: "1536Mi" },
    ]);
  });

  it("are rights that the caller lacks, those of later steps too, by kind and namespace", async () => {
    const app = uniqueName("app");
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { namespace: app, name: "keys" } };
    const nightly = cronJob(app, "nightly");
    await rig.client.apply([namespace(app), configMap(app, "one"), secret, nightly, deployment(app, "web")]);
    const backup = await rig.backUp([app]);
    for (const path of [core(app, "configmaps/one"), core(app, "secrets/keys")])
      await rig.client.delete(path);
    await rig.client.delete(`/apis/batch/v1/namespaces/${app}/cronjobs/nightly`);
    await rig.client.delete(`/apis/apps/v1/namespaces/${app}/deployments/web`);
    const user = uniqueName("user");
    const group = "rbac.authorization.k8s.io";
    const role = (kind: string, rules: object[], metadata: object) => ({
      apiVersion: `${group}/v1`,
      kind,
      metadata: { name: user, ...metadata },
      rules,
    });
    const binding = (kind: string, roleKind: string, metadata: object) => ({
      apiVersion: `${group}/v1`,
      kind,
      metadata: { name: user, ...metadata },
      roleRef: { apiGroup: group, kind: roleKind, name: user },
      subjects: [{ apiGroup: group, kind: "User", name: user }],
    });
    await rig.client.apply([
      role("ClusterRole", [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }], {}),
      binding("ClusterRoleBinding", "ClusterRole", {}),
      role(
        "Role",
        [
          { apiGroups: [""], resources: ["configmaps"], verbs: ["*"] },
          // Enough to create one, and not to wake it at the end.
          { apiGroups: ["batch"], resources: ["cronjobs"], verbs: ["create"] },
        ],
        { namespace: app },
      ),
      binding("RoleBinding", "Role", { namespace: app }),
    ] as Parameters<typeof rig.client.apply>[0]);
    const kubeconfig = await sharedCluster().withClientCert({ user });
    const access = await openAccess({ kubeconfig, env: {}, interactive: false });
    const cluster = openCluster(access, { userAgent: "restore-test" });

    const plan = await planned(backup, {}, { cluster });
    cluster.close();

    expect(
      plan.rights.filter(({ resource }) => /configmaps|secrets|deployments|cronjobs/.test(resource)),
    ).toEqual([
      { verb: "patch", group: "batch", resource: "cronjobs", steps: ["un-suspend"], namespaces: [app] },
      { verb: "create", group: "apps", resource: "deployments", namespaces: [app] },
      { verb: "create", group: "", resource: "secrets", namespaces: [app] },
    ]);
    expect((await planned(backup)).rights).toEqual([]);
  });
});

describe("the plan for machines", () => {
  it("has these keys, and is the same each time", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "b"), configMap(app, "a")]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const [one, two] = [await planned(backup, { name: "r" }), await planned(backup, { name: "r" })];

    expect(JSON.stringify(two)).toBe(JSON.stringify(one));
    expect(Object.keys(one)).toEqual([
      "restore",
      "backup",
      "target",
      "counts",
      "namespaces",
      "kinds",
      "removals",
      "objects",
      "claims",
      "held",
      "missing",
      "mentions",
      "reaches",
      "hooks",
      "rights",
      "quota",
      "uncheckable",
      "server",
      "leftOut",
      "neverRestored",
      "absentNamespaces",
      "unreadable",
      "tiers",
      "pulledIn",
      "unmet",
      "warnings",
    ]);
    expect(one.objects.find(({ name }) => name === "a")).toEqual({
      action: "create",
      group: "",
      resource: "configmaps",
      namespace: app,
      name: "a",
    });
  });
});
