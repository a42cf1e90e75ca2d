import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PlanDocument, planDocument } from "#core/restore/plan-document.ts";
import { previewRestore } from "#core/restore/preview/preview-restore.ts";
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
