import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readModifiers } from "#plugin/requests/modifiers-text.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, customKind, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const RULES = `
version: v1
resourceModifierRules:
- conditions:
    groupResource: deployments.apps
    resourceNameRegex: ^web$
    matches: [{path: /spec/replicas, value: "1"}]
  strategicPatches:
  - patchData: |
      spec:
        replicas: 0
        template:
          spec:
            containers: [{name: c, env: [{name: MODE, value: drill}]}]
            tolerations: [{key: drill, operator: Exists}]
- conditions: {groupResource: configmaps, resourceNameRegex: ^settings$}
  patches:
  - {operation: test, path: /data/key, value: value}
  - {operation: copy, from: /data/key, path: /data/was}
  - {operation: replace, path: /data/key, value: '"5"'}
- conditions: {groupResource: cronjobs.batch}
  mergePatches: [{patchData: '{"spec":{"suspend":true}}'}]
- conditions: {groupResource: "*.KIND.example.com"}
  mergePatches: [{patchData: '{"spec":{"big":9007199254740993,"drop":null}}'}]
- conditions: {groupResource: secrets, namespaces: [nowhere]}
  patches: [{operation: remove, path: /data}]
`;

function cronJob(ns: string) {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { namespace: ns, name: "nightly" },
    spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template } } },
  };
}

describe("modifiers", () => {
  it("change what they mean, on the way and to the end; a second restore finds nothing to do", async () => {
    const [app, copy, custom] = [uniqueName("app"), uniqueName("copy"), await customKind(rig)];
    await rig.client.apply([
      namespace(app),
      deployment(app, "web"),
      deployment(app, "api"),
      configMap(app, "settings"),
      cronJob(app),
    ]);
    await rig.client.create(custom.path(app), {
      ...custom.type,
      metadata: { name: "one" },
      spec: { drop: 1, keep: 9007199254740995n },
    });
    const backup = await rig.backUp([app]);
    const modifiers = await readModifiers("rules.yaml", RULES.replace("KIND", custom.kind.resource));
    const request = { modifiers, namespaceMapping: { [app]: copy } };

    const { plan } = await rig.prepare(backup, request);
    expect(plan.warnings).toEqual(["rules.yaml: rule 5 (secrets) matches nothing that is to be restored"]);
    const report = await rig.restore(backup, request);

    expect(report.failed).toEqual([]);
    const at = async (path: string) => (await rig.client.get(path.replace("NS", copy)))["spec"];
    expect(await at("/apis/apps/v1/namespaces/NS/deployments/web")).toMatchObject({
      replicas: 0,
      template: {
        spec: {
          containers: [{ name: "c", image: "pause", env: [{ name: "MODE", value: "drill" }] }],
          tolerations: [{ key: "drill", operator: "Exists" }],
        },
      },
    });
    expect(await at("/apis/apps/v1/namespaces/NS/deployments/api")).toMatchObject({ replicas: 1 });
    expect(await at("/apis/batch/v1/namespaces/NS/cronjobs/nightly")).toMatchObject({ suspend: true });
    expect((await rig.client.get(`/api/v1/namespaces/${copy}/configmaps/settings`))["data"]).toEqual({
      key: "5",
      was: "value",
    });
    expect(await at(`${custom.path(copy)}/one`)).toEqual({ big: 9007199254740993n, keep: 9007199254740995n });

    const again = await rig.restore(backup, { ...request, existing: "update" });
    expect(again.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
    expect(again.differing).toEqual([]);
    await custom.remove();
  });

  it("that do not fit an object, or would make another of it, fail it alone and say which rule", async () => {
    const app = uniqueName("app");
    await rig.client.apply([
      namespace(app),
      configMap(app, "one"),
      configMap(app, "two"),
      configMap(app, "three"),
    ]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    const modifiers = await readModifiers(
      "rules.yaml",
      `
version: v1
resourceModifierRules:
- conditions: {groupResource: configmaps, resourceNameRegex: ^one$}
  patches: [{operation: remove, path: /data/none}]
- conditions: {groupResource: configmaps, resourceNameRegex: ^two$}
  patches: [{operation: replace, path: /metadata/name, value: other}]
`,
    );

    const report = await rig.restore(backup, { modifiers });

    expect(report.failed.map(({ name, outcome }) => ({ name, outcome }))).toEqual([
      {
        name: "one",
        outcome: {
          result: "failed",
          reason: "modifier-failed",
          message: "rules.yaml: rule 1 (configmaps): remove /data/none: nothing stands there",
        },
      },
      {
        name: "two",
        outcome: expect.objectContaining({
          reason: "modifier-failed",
          message: expect.stringContaining("metadata.name"),
        }),
      },
    ]);
    expect(report.complete).toBe(false);
    expect(await rig.client.find(`/api/v1/namespaces/${app}/configmaps/three`)).toBeDefined();
    expect(await rig.client.find(`/api/v1/namespaces/${app}/configmaps/other`)).toBeUndefined();
  });

  it("in a bad file end it before the cluster is asked", async () => {
    const folder = await scratchDirectory("modifiers");
    const file = join(folder.path, "rules.yaml");
    await writeFile(
      file,
      "version: v1\nresourceModifierRules:\n- conditions: {groupResource: pods}\n  patches: [{operation: swap, path: /a}]\n",
    );
    const { code, stderr } = await runCli(["restore", "b1", "--modifiers", file], {
      kubeconfig: join(folder.path, "none"),
    });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("rule 1: patches[0].operation"),
    });
    await folder.remove();
  });

  it("come from a ConfigMap too, by Velero's flag from its namespace", async () => {
    const { code, stderr } = await runCli(["restore", "b1", "--resource-modifier-configmap", "none"], {
      kubeconfig: sharedCluster().kubeconfigPath,
    });
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining("there is no configmap/velero/none"),
    });
  });
});
