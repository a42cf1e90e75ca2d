import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import type { ExecEnd, ExecRequest } from "#core/kube/cluster.ts";
import { backupRequest } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";
import { restoreRequest } from "#core/model/restore.ts";
import type { JournalEntry } from "#core/model/restore-journal.ts";
import { runRestore } from "#core/restore/run.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import {
  coreResources,
  type MemoryCluster,
  type MemoryObject,
  memoryCluster,
  resource,
} from "#test/doubles/memory-cluster.ts";

const resources = [...coreResources, resource("replicasets.apps", "ReplicaSet")];
const context = {
  signal: new AbortController().signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};
const POST = "post.hook.restore.velero.io";
const annotated = (more: Record<string, string> = {}) => ({ [`${POST}/command`]: "/fill", ...more });
const spec = { containers: [{ name: "main" }] };
const running = {
  phase: "Running",
  containerStatuses: [{ name: "main", ready: true, state: { running: {} } }],
};
const pending = {
  phase: "Pending",
  containerStatuses: [{ name: "main", ready: false, state: { waiting: { reason: "ImagePullBackOff" } } }],
};

function pod(name: string, annotations: Record<string, string> = annotated()): MemoryObject {
  return { metadata: { name, namespace: "shop", annotations }, spec };
}

function deployment(annotations: Record<string, string> = annotated(), replicas = 2): MemoryObject {
  return {
    metadata: { name: "web", namespace: "shop" },
    spec: { replicas, template: { metadata: { annotations }, spec } },
  };
}

interface Play {
  readonly objects: Readonly<Record<string, readonly MemoryObject[]>>;
  /** The kubelet's part: what a created pod's status becomes. */
  readonly status?: object;
  readonly nodes?: boolean;
  readonly onExec?: (request: ExecRequest) => Promise<ExecEnd>;
  readonly request?: object;
  /** What of the journal's lines is stored; throws where nothing takes them. */
  readonly append?: (lines: string) => void;
  /** When the ReplicaSet and the pods of a Deployment were made, by the server's clock. */
  readonly childrenMadeAt?: string;
}

type HookLine = Extract<JournalEntry, { type: "hook" }>;
type HookState = HookLine["state"];

/** Backs the objects up, loses them, and restores them while kubelet and controllers are played. */
async function play({ objects, nodes = true, ...how }: Play) {
  const cluster = memoryCluster({ resources });
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  for (const [kind, list] of Object.entries(objects)) for (const one of list) cluster.put(kind, one);
  const backup = backupRequest.parse({ name: "b", selection: {} });
  await runBackup({ cluster, catalog, request: backup, toolVersion: "0.1.0" }, context);
  if (nodes) {
    const conditions = [{ type: "Ready", status: "True" }];
    cluster.put("nodes", { metadata: { name: "one" }, status: { conditions } });
  }
  for (const [kind, list] of Object.entries(objects))
    for (const { metadata } of list) cluster.drop(kind, "shop", metadata.name);
  playControllers(cluster, { status: running, childrenMadeAt: CREATED, ...how });
  if (how.onExec !== undefined) cluster.onExec = how.onExec;
  const writer = {
    ...(await catalog.resumeRestore("r", context)),
    append: async (lines: string) => how.append?.(lines),
  };
  catalog.beginRestore = async () => writer;
  const request = restoreRequest.parse({
    name: "r",
    backup: "b",
    selection: { includeNamespaces: ["shop"] },
    wait: false,
    timeoutSeconds: 0.3,
    ...how.request,
  });
  const restore = async (resumed?: { name: string; id: string; isLocal: boolean }) => {
    const before = cluster.requests.length;
    const ask = { cluster, catalog, backup: await catalog.open("b", context), request, resumed };
    const report = await runRestore({ ...ask, stateDirectory: "/nowhere" }, context);
    const execs = cluster.requests.slice(before).filter((one) => one.startsWith("exec"));
    return { report, execs };
  };
  /** Goes on with it, as if it had broken off and left this journal, or one that cannot be read. */
  const again = (journal: readonly JournalEntry[] | string) => {
    catalog.journal = async function* () {
      if (typeof journal === "string") yield { number: 1, entries: [], trouble: journal };
      else yield { number: 1, entries: journal };
    };
    return restore({ name: "r", id: "5f0e8c3e-7d5e-4c0e-9d53-0d6c2a5f1b11", isLocal: false });
  };
  return { ...(await restore()), again, cluster };
}

/** When the double says that everything was created. */
const CREATED = "2026-01-01T00:00:00Z";

type Controllers = Required<Pick<Play, "status" | "childrenMadeAt">>;

function playControllers(cluster: MemoryCluster, how: Controllers): void {
  const create = cluster.create;
  cluster.create = async (ref, body, options) => {
    const reply = await create(ref, body, options);
    const { resource: kind, namespace, name } = ref;
    const made = cluster.read(
      kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`,
      namespace,
      name,
    );
    if (made !== undefined && kind.resource === "pods") cluster.put("pods", { ...made, status: how.status });
    if (made !== undefined && kind.resource === "deployments") startPods(cluster, made, how);
    return reply;
  };
}

function owned(kind: string, owner: MemoryObject) {
  const { name, uid } = owner.metadata;
  return [{ apiVersion: "apps/v1", kind, name, uid, controller: true }];
}

function startPods(
  cluster: MemoryCluster,
  made: MemoryObject,
  { status, childrenMadeAt: creationTimestamp }: Controllers,
): void {
  const { replicas } = made["spec"] as { replicas: number }; // as the test wrote it
  const set = cluster.put("replicasets.apps", {
    metadata: {
      name: "web-1",
      namespace: "shop",
      creationTimestamp,
      ownerReferences: owned("Deployment", made),
    },
  });
  for (let index = 0; index < replicas; index += 1) {
    const ownerReferences = owned("ReplicaSet", set);
    const metadata = { name: `web-1-${index}`, namespace: "shop", creationTimestamp, ownerReferences };
    cluster.put("pods", { metadata, spec, status });
  }
}

const ends = (report: Awaited<ReturnType<typeof play>>["report"]) =>
  report.hooks.map(({ pod: where, result, message }) => [where, result, message]);

describe("restore hooks", () => {
  it("run once in a pod that is restored, and the restore is complete", async () => {
    const { report, execs } = await play({ objects: { pods: [pod("db")] } });
    expect(execs).toEqual(["exec shop/db main"]);
    expect(ends(report)).toEqual([["db", "ran", undefined]]);
    expect(report.complete).toBe(true);
  });

  it("run in every pod that a restored Deployment makes", async () => {
    const { report, execs } = await play({ objects: { "deployments.apps": [deployment()] } });
    expect(execs.toSorted()).toEqual(["exec shop/web-1-0 main", "exec shop/web-1-1 main"]);
    expect(report).toMatchObject({ complete: true });
  });

  it("that fail leave the restore incomplete, with their exit code, and others run all the same", async () => {
    const { report } = await play({
      objects: { pods: [pod("a"), pod("b")] },
      onExec: async (request) => ({ type: "exited", code: request.pod === "a" ? 7 : 0 }),
    });
    expect(ends(report).toSorted()).toEqual([
      ["a", "failed", "exit code 7"],
      ["b", "ran", undefined],
    ]);
    expect(report.complete).toBe(false);
  });

  it("keep others from beginning where on-error says Fail", async () => {
    const fail = annotated({ [`${POST}/on-error`]: "Fail" });
    const { report, execs } = await play({
      objects: { pods: [pod("a", fail), pod("b", annotated({ [`${POST}/wait-for-ready`]: "true" }))] },
      status: { ...running, containerStatuses: [{ name: "main", ready: false, state: { running: {} } }] },
      onExec: async () => ({ type: "exited", code: 1 }),
      request: { timeoutSeconds: 60 },
    });
    expect(execs).toEqual(["exec shop/a main"]);
    expect(ends(report)).toEqual([
      ["a", "failed", "exit code 1"],
      ["b", "not-run", expect.stringContaining("on-error: Fail")],
    ]);
  });

  it("are named where their container does not run in time", async () => {
    const wait = annotated({ [`${POST}/wait-timeout`]: "100ms" });
    const { report, execs } = await play({
      objects: { pods: [pod("db", wait)] },
      status: pending,
      request: { timeoutSeconds: 60 },
    });
    expect(execs).toEqual([]);
    expect(ends(report)).toEqual([
      ["db", "not-run", "after 0.1 s: container main does not run: ImagePullBackOff"],
    ]);
    expect(report.complete).toBe(false);
  });

  it("are named where they have not ended in time, and where they do not start", async () => {
    const soon = annotated({ [`${POST}/exec-timeout`]: "50ms" });
    const { report } = await play({
      objects: {
        pods: [pod("a", soon), pod("b", annotated({ [`${POST}/command`]: '["/x","--pw=hunter2"]' }))],
      },
      onExec: ({ pod: name, signal }) =>
        name === "b"
          ? Promise.resolve({ type: "not-run", message: "/x --pw=hunter2: no such file" })
          : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    expect(ends(report).toSorted()).toEqual([
      ["a", "failed", expect.stringContaining("had not ended after 0.05 s, and may still be running")],
      ["b", "failed", "it did not start"],
    ]);
  });

  it("fail where the connection is lost before their end is told", async () => {
    const { report } = await play({
      objects: { pods: [pod("db")] },
      onExec: async () => {
        throw new Failure("cluster-unreachable", "connection was lost");
      },
    });
    expect(ends(report)).toEqual([["db", "failed", "connection was lost"]]);
  });

  it("are named as not run where no node is Ready, and are not waited for", async () => {
    const { report } = await play({ objects: { pods: [pod("db")] }, nodes: false });
    expect(ends(report)).toEqual([[undefined, "not-run", expect.stringContaining("no node is Ready")]]);
    expect(report.complete).toBe(false);
  });

  it("do not run with --hooks=false, which is named and no loss", async () => {
    const { report, execs } = await play({ objects: { pods: [pod("db")] }, request: { hooks: false } });
    expect(execs).toEqual([]);
    expect(ends(report)).toEqual([[undefined, "not-run", "--hooks=false"]]);
    expect(report.complete).toBe(true);
  });

  it("of one tier have ended before the next tier begins", async () => {
    const inTier = (name: string, tier: string) => ({
      ...pod(name),
      metadata: { ...pod(name).metadata, labels: { "kubectl-backup.io/tier": tier } },
    });
    const pods = [inTier("db", "critical"), inTier("app", "normal")];
    const { cluster } = await play({ objects: { pods } });
    const steps = cluster.requests.filter((one) => /^(create pods|exec)/.test(one));
    expect(steps).toEqual([
      "create pods shop/db",
      "exec shop/db main",
      "create pods shop/app",
      "exec shop/app main",
    ]);
  });

  it("begin when it is stored that they do, so that a crash finds it", async () => {
    const stored: string[] = [];
    const states = () => [...stored.join("").matchAll(/"state":"(\w+)"/g)].map(([, state]) => state);
    let atExec: readonly (string | undefined)[] = [];
    const { report } = await play({
      objects: { pods: [pod("db")] },
      append: (lines) => stored.push(lines),
      onExec: async () => {
        atExec = states();
        return { type: "exited", code: 0 };
      },
    });
    expect(report.complete).toBe(true);
    expect(atExec).toEqual(["begun"]);
    expect(states()).toEqual(["begun", "ran"]);
  });

  it("do not begin where that cannot be stored", async () => {
    const { report, execs } = await play({
      objects: { pods: [pod("db")] },
      append: () => {
        throw new Error("no room");
      },
    });
    expect(execs).toEqual([]);
    expect(ends(report)).toEqual([["db", "not-run", expect.stringContaining("could not be stored")]]);
  });

  it("do not run in pods that a restored Deployment only takes over: what is in them has lived on", async () => {
    const { report, execs } = await play({
      objects: { "deployments.apps": [deployment(annotated(), 1)] },
      childrenMadeAt: "2025-01-01T00:00:00Z",
    });
    expect(execs).toEqual([]);
    expect(ends(report)).toEqual([[undefined, "not-run", expect.stringContaining("0 of 1 pods came")]]);
  });
});

describe("restore hooks of a restore that is gone on with", () => {
  const begun = (name: string, podUid: string, state: HookState): HookLine => ({
    uid: podUid,
    ...{ type: "hook", at: "2026-01-01T00:00:00Z", group: "", resource: "pods", namespace: "shop" },
    ...{ name, pod: name, podUid, container: "main", state },
    ...(state === "failed" && { message: "exit code 7" }),
  });

  it("do not run again: how each ended is told from the journal", async () => {
    const objects = { pods: ["a", "b", "c", "d"].map((name) => pod(name)) };
    const { again, cluster } = await play({ objects });
    const uid = (name: string) => String(cluster.read("pods", "shop", name)?.metadata.uid);
    const journal = [
      ...[begun("a", uid("a"), "begun"), begun("a", uid("a"), "ran")],
      ...[begun("b", uid("b"), "begun"), begun("b", uid("b"), "failed")],
      begun("c", uid("c"), "begun"),
    ];
    const { report, execs } = await again(journal);
    expect(execs).toEqual(["exec shop/d main"]);
    expect(ends(report).toSorted()).toEqual([
      ["a", "ran", "in an earlier run of this restore"],
      ["b", "failed", expect.stringContaining("exit code 7")],
      ["c", "failed", expect.stringContaining("before it told how it ended")],
      ["d", "ran", undefined],
    ]);
  });

  it("do not run in pods that took the place of those that had them", async () => {
    const { again, cluster } = await play({ objects: { "deployments.apps": [deployment()] } });
    const uid = String(cluster.read("deployments.apps", "shop", "web")?.metadata.uid);
    const { report, execs } = await again([{ ...begun("web-1-gone", "gone", "ran"), uid }]);
    expect(execs).toHaveLength(1);
    expect(report.hooks).toHaveLength(2);
  });

  it("run in a pod that was lost since and is made anew", async () => {
    const { again } = await play({ objects: { pods: [pod("db")] } });
    const { report, execs } = await again([begun("db", "lost", "ran")]);
    expect(execs).toEqual(["exec shop/db main"]);
    expect(ends(report)).toEqual([["db", "ran", undefined]]);
  });

  it("do not run where the journal cannot be read", async () => {
    const { again } = await play({ objects: { pods: [pod("db")] } });
    const { report, execs } = await again("it is cut");
    expect(execs).toEqual([]);
    expect(ends(report)).toEqual([[undefined, "not-run", expect.stringContaining("it is cut")]]);
    expect(report.complete).toBe(false);
  });
});
