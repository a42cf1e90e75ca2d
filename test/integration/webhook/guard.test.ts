import { open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  backUp,
  type GuardedCluster,
  inAnHour,
  KEY,
  messageOf,
  NAMESPACES,
  PROTECTED,
  pathWithPlugin,
  startGuardedCluster,
} from "#test/fixtures/guarded-cluster.ts";
import { eventually } from "#test/harness/eventually.ts";
import { createKubeClient, type KubeClient } from "#test/harness/kube-client.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

// The guard as it is built, asked by a real API server under the shipped configuration, with its own role's rights.
let cluster: GuardedCluster;
let admin: KubeClient;
let alice: KubeClient;
let location: Scratch;
let url: string;

beforeAll(async () => {
  location = await scratchDirectory("location");
  url = `file://${location.path}`;
  cluster = await startGuardedCluster({ locations: [url] });
  ({ admin, alice } = cluster);
});

afterAll(async () => {
  await cluster?.stop();
  await location?.remove();
});

const { namespace, remove, patch } = {
  namespace: (...args: Parameters<GuardedCluster["namespace"]>) => cluster.namespace(...args),
  remove: (...args: Parameters<GuardedCluster["remove"]>) => cluster.remove(...args),
  patch: (...args: Parameters<GuardedCluster["patch"]>) => cluster.patch(...args),
};

const backup = (name: string) => backUp(name, cluster, { location: url });

test("a protected namespace stays, and the command that the refusal prints, typed as printed, lets it go", async () => {
  const name = await namespace();
  const refused = await remove(name);
  expect(refused.status).toBe(403);
  const message = messageOf(refused);
  expect(message).toMatch(/^admission webhook "guard\.kubectl-backup\.io" denied the request: namespace /);
  expect(message.split("\n").length).toBeLessThanOrEqual(5);
  // A dry run is told the same.
  expect(messageOf(await remove(name, alice, "?dryRun=All"))).toBe(message);
  expect((await admin.get(`${NAMESPACES}/${name}`))["status"]).toMatchObject({ phase: "Active" });

  const printed = message.split("\n").find((line) => line.startsWith("kubectl backup create"));
  await typed(printed ?? "false");
  expect((await remove(name)).status).toBe(200);
});

/** As an administrator types it. */
async function typed(command: string): Promise<void> {
  const home = await scratchDirectory("home");
  await runCommand("/bin/sh", ["-c", command], {
    env: { HOME: home.path, KUBECONFIG: cluster.plane.kubeconfigPath, PATH: pathWithPlugin(cluster) },
  });
  await home.remove();
}

test("who may not unprotect cannot weaken it through any door, fresh backup or not; who may, can", async () => {
  const name = await namespace();
  await backup(name);
  const unlabelled = { labels: { [`${KEY}/protect`]: null } };
  for (const below of ["", "/status"]) {
    const reply = await patch(name, unlabelled, { below });
    expect({ below, status: reply.status }).toEqual({ below, status: 403 });
    expect(messageOf(reply)).toContain("needs the verb unprotect on it, which alice does not have");
  }
  const live = await admin.get(`${NAMESPACES}/${name}`);
  const finalize = await alice.request("PUT", `${NAMESPACES}/${name}/finalize`, {
    body: { ...live, metadata: { ...live.metadata, labels: {} } },
  });
  expect(finalize.status).toBe(403);
  for (const annotations of [
    { [`${KEY}/max-age`]: "48h" },
    { [`${KEY}/volumes`]: "waived" },
    { [`${KEY}/allow-excluded`]: "true" },
    { [`${KEY}/skip-final-backup`]: `${name}; until=${inAnHour()}; reason=x` },
  ])
    expect((await patch(name, { annotations })).status).toBe(403);
  expect((await patch(name, { labels: { [`${KEY}/tier`]: "low" } })).status).toBe(403);
  expect((await patch(name, unlabelled, { client: admin })).status).toBe(200);
});

test("who may unprotect by a group alone is known by it", async () => {
  const name = await namespace();
  const binding = [
    "create",
    "clusterrolebinding",
    "ops",
    "--clusterrole=kubectl-backup-unprotect",
    "--group=ops",
  ];
  await cluster.plane.adminKubectl(binding);
  const member = { user: "alice", groups: ["ops"] };
  const client = createKubeClient(await cluster.plane.withClientCert(member));
  const unlabelled = { labels: { [`${KEY}/protect`]: null } };
  expect((await patch(name, unlabelled)).status).toBe(403);
  expect((await patch(name, unlabelled, { client })).status).toBe(200);
  client.close();
});

test("stricter limits, protecting, references and foreign keys need no right; what cannot be read is refused to all", async () => {
  const name = await namespace({});
  for (const metadata of [
    { labels: PROTECTED },
    { annotations: { [`${KEY}/max-age`]: "1h" } },
    { labels: { [`${KEY}/tier`]: "critical" } },
    { annotations: { [`${KEY}/last-backup`]: "b1", note: "x" } },
  ])
    expect((await patch(name, metadata)).status).toBe(200);
  // A reference is no proof.
  expect((await remove(name)).status).toBe(403);
  for (const annotations of [{ [`${KEY}/max-age`]: "soon" }, { [`${KEY}/volumes`]: "no" }]) {
    const reply = await patch(name, { annotations }, { client: admin });
    expect(reply.status).toBe(403);
    expect(messageOf(reply)).toContain("not understood");
  }
});

test("a skip that was said aloud lets go whoever may unprotect, and nobody else", async () => {
  const name = await namespace();
  const annotations = { [`${KEY}/skip-final-backup`]: `${name}; until=${inAnHour()}; reason=INC-42` };
  expect((await patch(name, { annotations }, { client: admin })).status).toBe(200);
  expect((await remove(name)).status).toBe(403);
  expect((await remove(name, admin)).status).toBe(200);
  // Told after the answer is on its way.
  await eventually("it is logged", async () =>
    /"allowed":true,"reason":"skip"/.test(await cluster.guard.log()),
  );
});

test("a backup of an earlier namesake, and one older than the limit, let nothing go", async () => {
  const name = await namespace();
  await backup(name);
  expect((await remove(name)).status).toBe(200);
  await eventually("it is gone", async () => (await admin.find(`${NAMESPACES}/${name}`)) === undefined);
  const metadata = { name, labels: PROTECTED, annotations: { [`${KEY}/max-age`]: "2s" } };
  await admin.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
  expect(messageOf(await remove(name))).toContain("it is of an earlier namespace of that name");
  await backup(name);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(messageOf(await remove(name))).toMatch(/its newest backup .*: it is \d+s old/);
});

test("objects left out by label, and claims bound since, keep it", async () => {
  const name = await namespace();
  const excluded = { name: "left", namespace: name, labels: { "velero.io/exclude-from-backup": "true" } };
  await admin.create(`${NAMESPACES}/${name}/configmaps`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: excluded,
  });
  await backup(name);
  expect(messageOf(await remove(name))).toContain("1 object was left out by label");
  await admin.delete(`${NAMESPACES}/${name}/configmaps/left`);
  await backup(name);
  expect((await remove(name, alice, "?dryRun=All")).status).toBe(200);
  await boundClaim(name);
  const message = messageOf(await remove(name));
  expect(message).toContain("the data of claim data is not in it");
  const [, printed = "false"] = /^with the right to weaken protection: +(.*)$/m.exec(message) ?? [];
  expect(printed).toBe(`kubectl backup protect ${name} --volumes waived`);
  await typed(printed);
  expect((await remove(name)).status).toBe(200);
});

test("where a claim is at risk and nothing is saved, both printed steps, typed as printed, let it go", async () => {
  const name = await namespace();
  await boundClaim(name);
  const [, printed = "false"] =
    /^with the right to weaken protection: +(.*)$/m.exec(messageOf(await remove(name))) ?? [];
  expect(printed).toMatch(/--volumes waived && kubectl backup create /);
  await typed(printed);
  expect((await remove(name)).status).toBe(200);
});

/** With a volume whose policy is Delete, bound as the volume controller does. */
async function boundClaim(name: string): Promise<void> {
  const spec = {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Mi" } },
    storageClassName: name,
    volumeName: name,
  };
  const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" }, spec };
  await admin.create("/api/v1/persistentvolumes", {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Mi" },
      csi: { driver: "none.example", volumeHandle: name },
      persistentVolumeReclaimPolicy: "Delete",
      storageClassName: name,
      claimRef: { namespace: name, name: "data" },
    },
  });
  await admin.create(`${NAMESPACES}/${name}/persistentvolumeclaims`, claim);
  await eventually("the claim is bound", async () => {
    const { status } = await admin.get(`${NAMESPACES}/${name}/persistentvolumeclaims/data`);
    return (status as { phase?: string })?.phase === "Bound";
  });
}

test.each(["removed", "replaced", "emptied"])(
  "six seconds after a backup's files were %s behind its back, it lets nothing go",
  async (what) => {
    const name = await namespace();
    const made = await backup(name);
    expect((await remove(name, alice, "?dryRun=All")).status).toBe(200);
    const folder = join(location.path, "backups", made);
    const archive = join(folder, `${made}.tar.gz`);
    if (what === "removed") await rm(archive);
    if (what === "emptied") await rm(folder, { recursive: true });
    if (what === "replaced") {
      const bytes = await readFile(archive);
      await rm(archive);
      await writeFile(archive, bytes.with(100, (bytes[100] ?? 0) ^ 1));
    }
    await new Promise((resolve) => setTimeout(resolve, 5100));
    expect((await remove(name)).status).toBe(403);
  },
);

test("an archive whose bytes rotted behind unchanged size and time lets nothing go once it was read", async () => {
  const name = await namespace();
  await cluster.guard.stop();
  const made = await backup(name);
  await flipByte(join(location.path, "backups", made, `${made}.tar.gz`));
  await cluster.guard.start();
  const refused = await eventually("it is refused", async () => {
    const reply = await remove(name, alice, "?dryRun=All");
    return reply.status === 403 && messageOf(reply);
  });
  expect(refused).toContain(
    `its newest backup ${made}: the bytes of ${made}.tar.gz are not those that were written`,
  );
  await backup(name);
  expect((await remove(name)).status).toBe(200);
});

/** In place, and the time put back to the nanosecond: what a store tells of the file stays as it was. */
async function flipByte(path: string): Promise<void> {
  const reference = `${path}.reference`;
  await runCommand("cp", ["--preserve=timestamps", path, reference]);
  const bytes = await readFile(path);
  const file = await open(path, "r+");
  await file.write(Uint8Array.of((bytes[100] ?? 0) ^ 1), 0, 1, 100);
  await file.close();
  await runCommand("touch", ["--reference", reference, path]);
  await rm(reference);
}

test("with the location gone it refuses in time and says so, and the skip still works", async () => {
  const [name, skipped] = [await namespace(), await namespace()];
  await backup(name);
  const away = `${location.path}.away`;
  await rename(location.path, away);
  await writeFile(location.path, "");
  try {
    await new Promise((resolve) => setTimeout(resolve, 5100));
    const started = performance.now();
    const reply = await remove(name);
    expect(reply.status).toBe(403);
    expect(messageOf(reply)).toMatch(/not looked at: .*|no longer there/);
    expect(performance.now() - started).toBeLessThan(4500);
    const annotations = { [`${KEY}/skip-final-backup`]: `${skipped}; until=${inAnHour()}; reason=INC-43` };
    expect((await patch(skipped, { annotations }, { client: admin })).status).toBe(200);
    // Started anew meanwhile, as after a lost node.
    await cluster.guard.stop();
    await cluster.guard.start();
    expect((await remove(skipped, admin)).status).toBe(200);
    expect(messageOf(await remove(name))).toContain("is protected");
  } finally {
    await rm(location.path);
    await rename(away, location.path);
  }
  await eventually("it goes again", async () => (await remove(name)).status === 200);
});

test("of namespaces that are deleted at once only those go that nobody protects", async () => {
  const [kept, free] = [
    await Promise.all(Array.from({ length: 10 }, () => namespace())),
    await Promise.all(Array.from({ length: 10 }, () => namespace({}))),
  ];
  const replies = await Promise.all([...kept, ...free].map((name) => remove(name)));
  expect(replies.map(({ status }) => status)).toEqual([...kept.map(() => 403), ...free.map(() => 200)]);
});

test("about a namespace that nobody protects it is not asked, whatever is done to it", async () => {
  const asked = async () =>
    [...(await cluster.guard.metrics()).matchAll(/^kubectl_backup_guard_decisions_total\{.*\} (\d+)$/gm)]
      .map(([, count]) => Number(count))
      .reduce((sum, count) => sum + count, 0);
  const before = await asked();
  for (const labels of [{}, { [`${KEY}/protect`]: "false" }]) {
    const name = await namespace(labels);
    expect((await patch(name, { annotations: { [`${KEY}/max-age`]: "1h" } })).status).toBe(200);
    expect((await remove(name)).status).toBe(200);
  }
  expect(await asked()).toBe(before);
  await remove(await namespace(), alice, "?dryRun=All");
  expect(await asked()).toBe(before + 1);
});

test("with the guard down a protected namespace stays; ordinary changes of it and all else go on", async () => {
  const [name, free] = [await namespace(), await namespace({})];
  await cluster.guard.stop();
  try {
    const reply = await remove(name);
    expect(reply.status).toBe(500);
    expect(reply.text).toContain("guard.kubectl-backup.io");
    expect((await patch(name, { labels: { team: "a" } })).status).toBe(200);
    expect((await patch(name, { labels: { [`${KEY}/protect`]: null } })).status).toBe(500);
    expect((await remove(free)).status).toBe(200);
  } finally {
    await cluster.guard.start();
  }
});

test("a protected namespace is told of its backup, and its workloads once the guard was given the right to", async () => {
  const name = await namespace(PROTECTED, { [`${KEY}/annotate`]: "workloads" });
  const containers = [{ name: "web", image: "none" }];
  const metadata = { name: "web", namespace: name };
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { containers } };
  await admin.create(`${NAMESPACES}/${name}/pods`, pod);
  const noted = async (path: string) => (await admin.get(path)).metadata.annotations?.[`${KEY}/last-backup`];
  const first = await backup(name);
  await eventually("the namespace is told", async () => (await noted(`${NAMESPACES}/${name}`)) === first);
  await eventually("what is missing is said", async () =>
    (await cluster.guard.log()).includes(
      `namespace ${name}: 1 of pods could not be annotated: pods \\"web\\" is forbidden`,
    ),
  );
  const rights = join(import.meta.dirname, "../../../manifests/annotate-workloads/rbac.yaml");
  await cluster.plane.adminKubectl(["apply", "--server-side", "-f", rights]);
  const second = await backup(name);
  await eventually("the pod is told", async () => (await noted(`${NAMESPACES}/${name}/pods/web`)) === second);
  expect(await noted(`${NAMESPACES}/${name}`)).toBe(second);
});

test("Events tell of refusals and of what was let go, by a backup or by a skip, and of no dry run", async () => {
  const [name, skipped] = [await namespace(), await namespace()];
  const told = async (about: string): Promise<readonly string[]> => {
    const all = (await admin.list("/apis/events.k8s.io/v1/namespaces/default/events")) as readonly {
      readonly regarding?: { readonly kind: string; readonly name: string };
      readonly type?: string;
      readonly reason?: string;
      readonly note?: string;
    }[];
    return all
      .filter(({ regarding }) => regarding?.kind === "Namespace" && regarding.name === about)
      .map(({ type, reason, note }) => `${type} ${reason}: ${note}`)
      .toSorted();
  };
  await remove(name, alice, "?dryRun=All");
  const annotations = { [`${KEY}/skip-final-backup`]: `${skipped}; until=${inAnHour()}; reason=INC-44` };
  await patch(skipped, { annotations }, { client: admin });
  expect((await remove(skipped, admin)).status).toBe(200);
  await eventually("the skip is told", async () =>
    expect(await told(skipped)).toEqual([
      expect.stringMatching(/^Warning FinalBackupSkipped: \S+ may delete it without a final backup: INC-44$/),
    ]),
  );
  // Asked before the other's was told, so it would have been told by now.
  expect(await told(name)).toEqual([]);

  const refusal = `Warning DeletionRefused: alice was refused: namespace ${name} is protected: it may go when a usable backup of it is at most 24h old; there is no backup of it`;
  await Promise.all(Array.from({ length: 5 }, () => remove(name)));
  await eventually("the refusal is told", async () => expect(await told(name)).toEqual([refusal]));
  const made = await backup(name);
  expect((await remove(name)).status).toBe(200);
  const deletion = `Normal DeletionAllowed: alice may delete it: backup ${made} holds it`;
  await eventually("the deletion is told", async () => expect(await told(name)).toEqual([deletion, refusal]));
  const shown = await cluster.plane.adminKubectl(["events", "-n", "default", "--for", `namespace/${name}`]);
  expect(shown).toMatch(/DeletionRefused/);
  expect(await cluster.guard.log()).not.toContain("no Event");
});

test("it measures the newest backup of a protected namespace, its limit, and how far clocks are apart", async () => {
  const name = await namespace({ ...PROTECTED, [`${KEY}/tier`]: "critical" });
  const measured = async (metric: string, label: string) => {
    const line = `kubectl_backup_guard_${metric}{${label}} `;
    const found = (await cluster.guard.metrics()).split("\n").find((one) => one.startsWith(line));
    return found === undefined ? undefined : Number(found.slice(line.length));
  };
  const newest = () => measured("newest_backup_timestamp_seconds", `namespace="${name}"`);
  await eventually("it is measured", async () => (await newest()) === 0);
  expect(await measured("max_age_seconds", `namespace="${name}"`)).toBe(4 * 3600);
  const startedAt = Math.floor(Date.now() / 1000);
  await backup(name);
  await eventually("its backup is measured", async () => ((await newest()) ?? 0) >= startedAt - 1);
  for (const clock of ["guard", url]) {
    const skew = await measured("clock_skew_seconds", `clock="${clock}"`);
    expect(Math.abs(skew ?? Number.NaN)).toBeLessThan(5);
  }
});

test("nothing of an object and no part of a credential is in the log", async () => {
  const name = await namespace(PROTECTED, { secret: "hunter2" });
  await remove(name);
  // Told after the answer is on its way.
  const log = await eventually("it is logged", async () => {
    const text = await cluster.guard.log();
    return text.includes(name) && text;
  });
  expect(log).not.toContain("hunter2");
  expect((await readdir(location.path)).length).toBeGreaterThan(0);
});
