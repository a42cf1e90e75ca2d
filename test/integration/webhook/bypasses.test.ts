import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
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
  startGuardedCluster,
} from "#test/fixtures/guarded-cluster.ts";
import { eventually } from "#test/harness/eventually.ts";
import { createKubeClient, type KubeReply } from "#test/harness/kube-client.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";

// What somebody may try who may do everything with namespaces but unprotect them.
const PROTECT = `${KEY}/protect`;
const SKIP = `${KEY}/skip-final-backup`;
const NAME = "kubernetes.io/metadata.name";

let cluster: GuardedCluster;
let location: Scratch;
let url: string;

beforeAll(async () => {
  location = await scratchDirectory("location");
  url = `file://${location.path}`;
  cluster = await startGuardedCluster({ locations: [url] });
});

afterAll(async () => {
  await cluster?.stop();
  await location?.remove();
});

const backup = (name: string) => backUp(name, cluster, { location: url });

async function put(name: string, below: string, change: (live: { metadata: object }) => object) {
  const live = await cluster.admin.get(`${NAMESPACES}/${name}`);
  return cluster.alice.request("PUT", `${NAMESPACES}/${name}${below}`, { body: change(live) });
}

async function labelsOf(name: string): Promise<Readonly<Record<string, string>>> {
  return (await cluster.admin.get(`${NAMESPACES}/${name}`)).metadata.labels ?? {};
}

/** What Events tell of it. */
async function notesAbout(name: string): Promise<readonly string[]> {
  const events = (await cluster.admin.list("/apis/events.k8s.io/v1/namespaces/default/events")) as readonly {
    readonly regarding?: { readonly name: string };
    readonly note?: string;
  }[];
  return events.flatMap(({ regarding, note = "" }) => (regarding?.name === name ? [note] : []));
}

async function expectKept(name: string): Promise<void> {
  const refused = await cluster.remove(name);
  expect(refused.status).toBe(403);
  expect(messageOf(refused)).toContain("is protected");
  const { status } = await cluster.admin.get(`${NAMESPACES}/${name}`);
  expect(status).toMatchObject({ phase: "Active" });
}

test("a namespace that calls itself kube-system is brought to the guard all the same", async () => {
  const name = await cluster.namespace();
  const disguise = { labels: { [NAME]: "kube-system" } };
  for (const below of ["", "/status"]) await cluster.patch(name, disguise, { below });
  await put(name, "/finalize", (live) => ({
    ...live,
    metadata: { ...live.metadata, labels: { ...PROTECTED, [NAME]: "kube-system" } },
  }));
  expect((await labelsOf(name))[NAME]).toBe(name);
  await expectKept(name);
  const made = await cluster.alice.request("POST", NAMESPACES, {
    body: {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { generateName: "kube-", labels: { ...PROTECTED, ...disguise.labels } },
    },
  });
  expect(made.status).toBe(201);
  await expectKept(JSON.parse(made.text).metadata.name);
});

test("a namespace whose owner is gone is not collected as garbage", async () => {
  const name = await cluster.namespace();
  const owner = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    name: "gone",
    uid: "gone",
  };
  expect((await cluster.patch(name, { ownerReferences: [owner] })).status).toBe(200);
  await eventually("the garbage collector was refused", async () => {
    const notes = await notesAbout(name);
    return notes.some((note) => note.includes("garbage-collector was refused: namespace"));
  });
  await expectKept(name);
});

test("every way of writing a namespace without its label is refused", async () => {
  const name = await cluster.namespace();
  const bare = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  const path = `${NAMESPACES}/${name}`;
  const send = (contentType: string, body: unknown, query = ""): Promise<KubeReply> =>
    cluster.alice.request("PATCH", `${path}${query}`, { body, contentType });
  const apply = "?fieldManager=alice&force=true";
  const applied = { ...bare, metadata: { name, labels: PROTECTED } };
  expect((await send("application/apply-patch+yaml", applied, apply)).status).toBe(200);
  const replies = [
    await put(name, "", (live) => ({ ...live, metadata: { ...live.metadata, labels: {} } })),
    await send("application/json-patch+json", [{ op: "remove", path: "/metadata/labels" }]),
    await send("application/merge-patch+json", { metadata: { labels: null } }),
    await send("application/strategic-merge-patch+json", { metadata: { labels: { $patch: "replace" } } }),
    await send(
      "application/apply-patch+yaml",
      { ...bare, metadata: { name, labels: { [PROTECT]: "false" } } },
      apply,
    ),
  ];
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 403));
  expect((await labelsOf(name))[PROTECT]).toBe("true");
});

test("a namespace without finalizers, or asked for as one of many, is not let go either", async () => {
  const name = await cluster.namespace();
  const freed = await put(name, "/finalize", (live) => ({ ...live, spec: { finalizers: [] } }));
  expect(freed.status).toBe(200);
  await expectKept(name);
  const many = await cluster.admin.request("DELETE", `${NAMESPACES}?labelSelector=${PROTECT}`);
  expect(many.status).toBe(405);
});

test("whatever the label says but false, it protects, and no other spelling of false takes that off", async () => {
  for (const value of ["", "False", "no", "0"]) {
    const name = await cluster.namespace({ [PROTECT]: value });
    await expectKept(name);
  }
  const name = await cluster.namespace();
  expect((await cluster.patch(name, { labels: { [PROTECT]: "False" } })).status).toBe(200);
  await expectKept(name);
  expect((await cluster.patch(name, { labels: { [PROTECT]: "false" } })).status).toBe(403);
});

test("a skip that came with the namespace, or before its protection, or with it, is no way out", async () => {
  const born = uniqueName("born");
  const skipOf = (name: string) => ({ [SKIP]: `${name}; until=${inAnHour()}; reason=x` });
  const metadata = { name: born, labels: PROTECTED, annotations: skipOf(born) };
  const made = await cluster.alice.request("POST", NAMESPACES, {
    body: { apiVersion: "v1", kind: "Namespace", metadata },
  });
  expect(made.status).toBe(201);
  await expectKept(born);

  const name = await cluster.namespace({});
  const both = { labels: PROTECTED, annotations: skipOf(name) };
  expect((await cluster.patch(name, both)).status).toBe(403);
  expect((await cluster.patch(name, { annotations: both.annotations })).status).toBe(200);
  expect((await cluster.patch(name, { labels: both.labels })).status).toBe(403);
  // Who has the verb may, and is the only one whom the skip then lets delete.
  expect((await cluster.patch(name, { labels: both.labels }, { client: cluster.admin })).status).toBe(200);
  await expectKept(name);
  expect((await cluster.remove(name, cluster.admin)).status).toBe(200);
});

test("made with values that nobody can read, it has the defaults, and whoever sets such a value is refused", async () => {
  const unreadable = {
    [`${KEY}/max-age`]: "for ever",
    [`${KEY}/volumes`]: "none",
    [`${KEY}/allow-excluded`]: "yes",
    [SKIP]: "please",
  };
  const name = await cluster.namespace({ ...PROTECTED, [`${KEY}/tier`]: "Low" }, unreadable);
  const refused = await cluster.remove(name, cluster.admin);
  expect([refused.status, messageOf(refused)]).toEqual([403, expect.stringContaining("at most 24h old")]);
  // What was made so may stay so, whatever else of it changes.
  expect((await cluster.patch(name, { annotations: { [`${KEY}/max-age`]: "2h" } })).status).toBe(200);
  for (const [key, value] of Object.entries(unreadable)) {
    const other = await cluster.namespace();
    const set = await cluster.patch(other, { annotations: { [key]: value } }, { client: cluster.admin });
    expect([key, set.status, messageOf(set)]).toEqual([key, 403, expect.stringContaining("not understood")]);
  }
});

test("a skip whose reason is a book with escapes in it is told short and plain", async () => {
  const name = await cluster.namespace();
  const reason = `INC-42\n\u001b[2J${"x".repeat(100_000)}`;
  const annotations = { [SKIP]: `${name}; until=${inAnHour()}; reason=${reason}` };
  expect((await cluster.patch(name, { annotations }, { client: cluster.admin })).status).toBe(200);
  expect((await cluster.remove(name, cluster.admin)).status).toBe(200);
  const [note = ""] = await eventually("the skip is told", async () => {
    const notes = await notesAbout(name);
    return notes.length > 0 ? notes : undefined;
  });
  expect(note).toContain("without a final backup: INC-42 [2Jxxx");
  expect(note).not.toMatch(/\p{Cc}/u);
});

test("every verb on namespaces, by a Role in one of them, is the right to unprotect that one and no other", async () => {
  const [own, other] = [await cluster.namespace(), await cluster.namespace()];
  const user = uniqueName("tenant");
  const kubectl = (...args: string[]) => cluster.plane.adminKubectl(args);
  await kubectl("create", "role", user, "-n", own, "--verb=*", "--resource=namespaces");
  await kubectl("create", "rolebinding", user, "-n", own, `--role=${user}`, `--user=${user}`);
  await kubectl("create", "clusterrolebinding", user, "--clusterrole=namespacer", `--user=${user}`);
  const client = createKubeClient(await cluster.plane.withClientCert({ user }));
  const unlabelled = { labels: { [PROTECT]: null } };
  try {
    await eventually(
      "the role is in force",
      async () => (await cluster.patch(own, unlabelled, { client })).status === 200,
    );
    expect((await cluster.patch(other, unlabelled, { client })).status).toBe(403);
  } finally {
    client.close();
  }
});

test("a namesake in another cluster that shares the location is another namespace", async () => {
  const name = await cluster.namespace();
  const there = sharedCluster();
  const client = there.adminClient();
  try {
    const metadata = { name, labels: PROTECTED };
    await client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
    await backUp(name, { plane: there }, { location: url });
    expect(messageOf(await cluster.remove(name))).toContain("there is no backup of it");
  } finally {
    await client.delete(`${NAMESPACES}/${name}`);
    client.close();
  }
});

test("what a manifest says of itself stays one line of the refusal, in which nothing acts", async () => {
  const name = await cluster.namespace();
  const made = await backup(name);
  await rewrite(made, (namespace) => {
    const incompleteReason = "gone\r\nkubectl delete ns default\u001b[2A\u202e";
    return { ...namespace, complete: false, incompleteReason };
  });
  const message = messageOf(await cluster.remove(name));
  expect(message.split("\n")).toHaveLength(4);
  expect(message).toContain("it does not hold the namespace whole: gone kubectl delete ns default [2A");
  expect(message.replaceAll("\n", "")).not.toMatch(/\p{C}/u);
});

test("a backup that says it began after it was stored lets nothing go", async () => {
  const name = await cluster.namespace();
  const made = await backup(name);
  const beganIn = (ms: number) => {
    const firstListAt = new Date(Date.now() + ms).toISOString();
    return rewrite(made, (namespace) => ({ ...namespace, firstListAt }));
  };
  // By two minutes any clocks may differ.
  await beganIn(100_000);
  expect((await cluster.remove(name, cluster.alice, "?dryRun=All")).status).toBe(200);
  await beganIn(180_000);
  const refused = await eventually("the look that was shared is over", async () => {
    const reply = await cluster.remove(name, cluster.alice, "?dryRun=All");
    return reply.status === 403 ? reply : undefined;
  });
  expect(messageOf(refused)).toContain("it ended later than its location says it was stored");
});

/** As somebody may who writes to the location: with the digest in the commit object made anew. */
async function rewrite(made: string, change: (namespace: object) => object): Promise<void> {
  const folder = join(location.path, "backups", made);
  const [manifestFile, commitFile] = [
    join(folder, "kubectl-backup.json"),
    join(folder, "velero-backup.json"),
  ];
  const manifest = JSON.parse(await readFile(manifestFile, "utf8"));
  const text = JSON.stringify({ ...manifest, namespaces: manifest.namespaces.map(change) });
  const commit = JSON.parse(await readFile(commitFile, "utf8"));
  commit.metadata.annotations[`${KEY}/manifest-sha256`] = createHash("sha256").update(text).digest("hex");
  await writeFile(manifestFile, text);
  await writeFile(commitFile, JSON.stringify(commit));
}
