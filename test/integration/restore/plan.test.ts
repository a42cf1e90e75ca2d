import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PlanDocument, planDocument } from "#core/restore/plan-document.ts";
import { previewRestore } from "#core/restore/preview/preview-restore.ts";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;

async function planned(backup: string, request: Record<string, unknown> = {}): Promise<PlanDocument> {
  const prepared = await rig.prepare(backup, request);
  const { signal } = new AbortController();
  const ask = { prepared, cluster: rig.cluster, request: prepared.facts.rules.request, signal };
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
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { namespace: app, name: "report" },
      spec: {
        schedule: "0 0 1 1 *",
        jobTemplate: {
          spec: {
            template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } },
          },
        },
      },
    },
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
});
