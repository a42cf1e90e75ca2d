import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "#test/harness/run-cli.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { compareObjects } from "#test/harness/semantic-compare.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;
const apps = (ns: string, rest: string) => `/apis/apps/v1/namespaces/${ns}/${rest}`;
const identityOf = async (path: string) => {
  const { metadata } = await rig.client.get(path);
  return [metadata["uid"], metadata["resourceVersion"]];
};
const dataOf = async (path: string) => (await rig.client.get(path))["data"];

const secret = (app: string, type: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { namespace: app, name: "typed" },
  type,
  stringData: { a: type },
});

/** Backed up, then changed in many ways: what a restore takes back, and an undo of it brings here again. */
async function changedNamespace() {
  const app = uniqueName("app");
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: app, name: "web" },
    spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
  };
  await rig.client.apply([
    namespace(app),
    configMap(app, "equal"),
    configMap(app, "differs"),
    configMap(app, "extra"),
    configMap(app, "missing"),
    secret(app, "example.com/a"),
    service,
    deployment(app, "web"),
  ]);
  const backup = await rig.backUp([app]);
  await rig.client.patch(core(app, "configmaps/differs"), { data: { key: "other" } }, "merge");
  await rig.client.patch(core(app, "configmaps/extra"), { data: { more: "there" } }, "merge");
  await rig.client.patch(
    core(app, "services/web"),
    { metadata: { annotations: { team: "b" } }, spec: { ports: [{ port: 81 }] } },
    "merge",
  );
  await rig.client.patch(
    apps(app, "deployments/web"),
    { metadata: { labels: { big: "1" } }, spec: { replicas: 2 } },
    "merge",
  );
  await rig.client.delete(core(app, "configmaps/missing"));
  await rig.client.delete(core(app, "secrets/typed"));
  await rig.client.apply([secret(app, "example.com/b")]);
  const paths = [
    ...["differs", "extra", "equal"].map((name) => core(app, `configmaps/${name}`)),
    core(app, "secrets/typed"),
    core(app, "services/web"),
    apps(app, "deployments/web"),
  ];
  const objects = () => Promise.all(paths.map((path) => rig.client.get(path)));
  return { app, backup, objects };
}

/** Semantic, restored-from marks apart. */
function differences(before: readonly object[], after: readonly object[]) {
  return before.flatMap((object, index) =>
    compareObjects(object as never, (after[index] ?? {}) as never).filter(
      ({ path }) => !JSON.stringify(path).includes("kubectl-backup.io"),
    ),
  );
}

describe("taking a restore back", () => {
  it.each(["update", "replace", "recreate"] as const)(
    "brings every object that %s changed to what it was",
    async (existing) => {
      const { app, backup, objects } = await changedNamespace();
      const before = await objects();
      const restored = await rig.restore(backup, { existing, timeoutSeconds: 60 });
      expect(restored.counts.updated + restored.counts.recreated).toBeGreaterThanOrEqual(
        existing === "update" ? 3 : 4,
      );

      const undone = await rig.undo(restored.restore);

      expect(undone.failed).toEqual([]);
      expect(differences(before, await objects())).toEqual([]);
      // Created by the restore, and not asked to be deleted.
      expect(await rig.client.find(core(app, "configmaps/missing"))).toBeDefined();
      expect((await rig.undo(restored.restore)).counts).toMatchObject({
        updated: 0,
        recreated: 0,
        failed: 0,
      });
    },
  );

  it("keeps numbers beyond 2^53, as they were", async () => {
    const app = uniqueName("app");
    const path = core(app, "configmaps/one");
    await rig.client.apply([
      namespace(app),
      configMap(app, "one", {
        metadata: { namespace: app, name: "one", annotations: { n: "9007199254740993" } },
      }),
    ]);
    const backup = await rig.backUp([app]);
    await rig.client.patch(path, { metadata: { annotations: { n: "9007199254740995" } } }, "merge");
    const restored = await rig.restore(backup, { existing: "replace" });
    await rig.undo(restored.restore);
    expect((await rig.client.get(path)).metadata["annotations"]).toMatchObject({ n: "9007199254740995" });
  });

  it("names what has changed since and leaves it, unless conflicts are forced", async () => {
    const { app, backup } = await changedNamespace();
    const path = core(app, "configmaps/differs");
    const restored = await rig.restore(backup, { existing: "replace" });
    await rig.client.patch(path, { data: { since: "then" } }, "merge");
    const identity = await identityOf(path);

    const undone = await rig.undo(restored.restore);
    const left = await identityOf(path);
    const forced = await rig.undo(restored.restore, { forceConflicts: true });

    expect(undone.failed.map(({ name, outcome }) => [name, "reason" in outcome && outcome.reason])).toEqual([
      ["differs", "changed-since"],
    ]);
    expect(undone.complete).toBe(false);
    expect(left).toEqual(identity);
    expect(forced.failed).toEqual([]);
    expect(await dataOf(path)).toEqual({ key: "other" });
  });

  it("leaves another object that has taken the name since, although it looks the same", async () => {
    const { app, backup } = await changedNamespace();
    const path = core(app, "configmaps/differs");
    const restored = await rig.restore(backup, { existing: "replace" });
    await rig.client.delete(path);
    await rig.client.apply([configMap(app, "differs")]);
    const identity = await identityOf(path);
    const undone = await rig.undo(restored.restore);
    expect(undone.failed.map(({ name }) => name)).toEqual(["differs"]);
    expect(await identityOf(path)).toEqual(identity);
  });

  it("is refused for an undo, and for a restore that nobody knows", async () => {
    const { backup } = await changedNamespace();
    const restored = await rig.restore(backup, { existing: "update" });
    const undone = await rig.undo(restored.restore);
    await expect(rig.undo(undone.restore)).rejects.toMatchObject({ code: "refused" });
    await expect(rig.undo("nobody")).rejects.toMatchObject({ code: "restore-not-found" });
  });
});

describe("taking back what a restore created", () => {
  it("deletes those very objects, and neither what has taken a name since nor what was there", async () => {
    const app = uniqueName("app");
    await rig.client.apply([
      namespace(app),
      configMap(app, "kept"),
      configMap(app, "gone"),
      configMap(app, "again"),
      deployment(app, "web"),
    ]);
    const backup = await rig.backUp([app]);
    await rig.client.delete(core(app, "configmaps/gone"));
    await rig.client.delete(core(app, "configmaps/again"));
    await rig.client.delete(apps(app, "deployments/web"));
    const restored = await rig.restore(backup);
    await rig.client.delete(core(app, "configmaps/again"));
    await rig.client.apply([configMap(app, "again")]);

    const undone = await rig.undo(restored.restore, { created: true });

    expect(undone.failed).toEqual([]);
    expect(undone.counts.deleted).toBe(restored.counts.created - 1);
    expect(await rig.client.find(core(app, "configmaps/gone"))).toBeUndefined();
    expect(await rig.client.find(apps(app, "deployments/web"))).toBeUndefined();
    expect(await rig.client.find(core(app, "configmaps/again"))).toBeDefined();
    expect(await rig.client.find(core(app, "configmaps/kept"))).toBeDefined();
  });

  it("deletes a namespace only when nothing else lies in it, and never what holds data", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    const [empty, foreign, holding] = [uniqueName("empty"), uniqueName("foreign"), uniqueName("holding")];
    await rig.client.apply([
      ...[empty, foreign, holding].flatMap((name) => [namespace(name), configMap(name, "one")]),
      { ...claim, metadata: { namespace: holding, name: "data" } },
    ]);
    const backup = await rig.backUp([empty, foreign, holding]);
    await Promise.all([empty, foreign, holding].map((name) => rig.removeNamespace(name)));
    const restored = await rig.restore(backup);
    await rig.client.apply([configMap(foreign, "somebody-elses")]);

    const undone = await rig.undo(restored.restore, { created: true });

    expect(undone.failed).toEqual([]);
    expect(undone.reasons).toMatchObject({ "namespace-not-empty": 2, "holds-data": 1 });
    expect(undone.warned.flatMap(({ warnings }) => warnings).join()).toContain("configmaps");
    expect(await rig.client.find(core(foreign, "configmaps/somebody-elses"))).toBeDefined();
    expect(await rig.client.find(core(foreign, "configmaps/one"))).toBeUndefined();
    expect(await rig.client.find(core(holding, "persistentvolumeclaims/data"))).toBeDefined();
    const left = await rig.client.find(`/api/v1/namespaces/${empty}`);
    expect(left?.metadata["deletionTimestamp"] ?? "gone").toBeTruthy();
    expect(left === undefined || left.metadata["deletionTimestamp"] !== undefined).toBe(true);
  });
});

describe("restore --undo", () => {
  it("shows what it would do, does it, and refuses what does not go with it", async () => {
    const location = await scratchDirectory("undo");
    const { kubeconfigPath: kubeconfig } = sharedCluster();
    const run = (...args: string[]) =>
      runCli([...args, "--location", `file://${location.path}`], { kubeconfig });
    const app = uniqueName("app");
    const path = core(app, "configmaps/settings");
    await rig.client.apply([namespace(app), configMap(app, "settings"), configMap(app, "gone")]);
    expect((await run("create", "b1", "-n", app)).code).toBe(0);
    await rig.client.patch(path, { data: { key: "other", more: "there" } }, "merge");
    await rig.client.delete(core(app, "configmaps/gone"));

    const unasked = await run("restore", "b1", "--existing", "replace", "--name", "r1");
    const restored = await run("restore", "b1", "--existing", "replace", "--name", "r1", "--yes");
    const identity = await identityOf(path);
    const plan = await run("restore", "--undo", "r1", "--created", "--dry-run");
    const planned = await identityOf(path);
    const undone = await run("restore", "--undo", "restore/r1", "--created");

    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain("--yes");
    expect([restored.code, restored.stderr]).toEqual([0, expect.any(String)]);
    expect(plan.code).toBe(0);
    expect(plan.stdout).toContain(`configmaps ${app}/settings: made as in the backup`);
    expect(plan.stdout).toContain(`configmaps ${app}/gone: deleted`);
    expect(planned).toEqual(identity);
    expect([undone.code, undone.stdout]).toEqual([0, expect.stringContaining("1 updated, 1 deleted")]);
    expect(await dataOf(path)).toEqual({ key: "other", more: "there" });
    expect(await rig.client.find(core(app, "configmaps/gone"))).toBeUndefined();
    expect((await run("restore", "b1", "--undo", "r1")).code).toBe(2);
    expect((await run("restore", "--undo", "r1", "-n", app)).code).toBe(2);
    expect((await run("restore", "--undo", "nobody")).code).toBe(4);
    expect((await run("restore", "b1", "--existing", "fail")).code).toBe(5);
    await location.remove();
  });
});
