import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
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
import type { Rule } from "#test/harness/faults.ts";
import { faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { isListening } from "#test/harness/ports.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { createS3Client } from "#test/harness/s3-client.ts";
import { s3Environment, startS3Server } from "#test/harness/s3-server.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { clockShiftedBy } from "#test/harness/shift-clock.ts";

// What the guard makes of clocks that are wrong, a store that is slow or lies, and backups that somebody meddled with.
// Its own clock is two years ahead all the time, beyond the end of its certificate: nothing may rest on it.
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const AUDIT = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    verbs: [delete]
    resources: [{ group: "", resources: [namespaces] }]
  - level: None
`;

let s3: Awaited<ReturnType<typeof startS3Server>>;
let proxy: Awaited<ReturnType<typeof faultyS3Proxy>>;
let cluster: GuardedCluster;
let scratch: Scratch;
/** The same bucket, as the plugin and as the guard reach it. */
let direct: string;

beforeAll(async () => {
  scratch = await scratchDirectory("audit");
  await writeFile(join(scratch.path, "policy.yaml"), AUDIT);
  s3 = await startS3Server();
  proxy = await faultyS3Proxy(s3);
  direct = urlOf(s3.endpoint);
  cluster = await startGuardedCluster({
    locations: [urlOf(proxy.url)],
    guardEnv: { ...s3Environment(s3), ...clockShiftedBy(2 * YEAR_MS) },
    plane: {
      extraApiserverArgs: [
        `--audit-policy-file=${join(scratch.path, "policy.yaml")}`,
        `--audit-log-path=${join(scratch.path, "audit.log")}`,
      ],
    },
  });
});

afterAll(async () => {
  await cluster?.stop();
  await proxy?.stop();
  await s3?.stop();
  await scratch?.remove();
});

beforeEach(() => proxy.clear());

function urlOf(endpoint: string): string {
  return `s3://${s3.bucket}/guarded?endpoint=${encodeURIComponent(endpoint)}&region=${s3.region}&pathStyle=true`;
}

function backup(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return backUp(name, cluster, { location: direct, env: { ...s3Environment(s3), ...env } });
}

/** After an outage the guard reads its location again within seconds, and not at once. */
async function mayGo(name: string): Promise<boolean> {
  return (await cluster.remove(name, cluster.alice, "?dryRun=All")).status === 200;
}

test.each([HOUR_MS, -HOUR_MS])(
  "a maker whose clock is wrong by %d ms makes backups as good as any",
  async (shift) => {
    const name = await cluster.namespace(PROTECTED, { [`${KEY}/max-age`]: "10m" });
    expect((await cluster.remove(name)).status).toBe(403);
    await backup(name, clockShiftedBy(shift));
    expect((await cluster.remove(name)).status).toBe(200);
  },
);

test("a guard whose own clock is an hour behind lets go what is fresh, and nothing older than its limit", async () => {
  const limited = { [`${KEY}/max-age`]: "20s" };
  const [fresh, stale] = [
    await cluster.namespace(PROTECTED, { [`${KEY}/max-age`]: "10m" }),
    await cluster.namespace(PROTECTED, limited),
  ];
  await backup(stale);
  const savedAt = performance.now();
  await cluster.guard.stop();
  await cluster.guard.start(clockShiftedBy(-HOUR_MS));
  try {
    await backup(fresh);
    expect((await cluster.remove(fresh)).status).toBe(200);
    await sleep(Math.max(0, 21_000 - (performance.now() - savedAt)));
    expect(messageOf(await cluster.remove(stale))).toMatch(/its newest backup .*: it is \d+\w old/);
  } finally {
    await cluster.guard.stop();
    await cluster.guard.start();
  }
});

test("a backup of several namespaces lets those go that it holds whole", async () => {
  const [whole, part] = [await cluster.namespace(), await cluster.namespace()];
  // A token that may list Secrets in the one and not in the other.
  const account = `${NAMESPACES}/${whole}/serviceaccounts/default`;
  await eventually("the account is there", () => cluster.admin.find(account));
  for (const [namespace, resources] of [
    [whole, "*.*"],
    [part, "namespaces,configmaps,serviceaccounts"],
  ] as const) {
    await cluster.plane.adminKubectl([
      ...["create", "role", "saver", "-n", namespace, "--verb=get,list,watch", `--resource=${resources}`],
    ]);
    await cluster.plane.adminKubectl([
      ...["create", "rolebinding", "saver", "-n", namespace, "--role=saver"],
      `--serviceaccount=${whole}:default`,
    ]);
  }
  const token = await cluster.plane.serviceAccountToken({ namespace: whole, name: "default" });
  const made = await runCli(["create", "--include-namespaces", `${whole},${part}`, "--location", direct], {
    kubeconfig: await cluster.plane.withToken(token),
    env: s3Environment(s3),
  });
  expect(made).toMatchObject({ code: 3 });
  expect(messageOf(await cluster.remove(part))).toContain("it does not hold the namespace whole");
  expect((await cluster.remove(whole)).status).toBe(200);
});

test("a copy that was made elsewhere, an hour later by the store's clock, is as good as the backup itself", async () => {
  const name = await cluster.namespace();
  const elsewhere = direct.replace("/guarded?", "/elsewhere?");
  const made = await backUp(name, cluster, { location: elsewhere, env: s3Environment(s3) });
  expect((await cluster.remove(name)).status).toBe(403);
  const client = createS3Client(s3);
  const from = join(s3.dataDir, s3.bucket, "elsewhere/backups", made);
  const hourLater = new Date(Date.now() + HOUR_MS);
  for (const file of await readdir(from)) {
    const source = { "x-amz-copy-source": `/${s3.bucket}/elsewhere/backups/${made}/${file}` };
    const copied = await client.request("PUT", `guarded/backups/${made}/${file}`, { headers: source });
    expect(copied.status).toBe(200);
    await utimes(join(s3.dataDir, s3.bucket, "guarded/backups", made, file), hourLater, hourLater);
  }
  await eventually("it may go", () => mayGo(name));
});

test("a manifest that somebody rewrote proves nothing", async () => {
  const name = await cluster.namespace();
  const made = await backup(name);
  const manifest = join(s3.dataDir, s3.bucket, "guarded/backups", made, "kubectl-backup.json");
  const text = await readFile(manifest, "utf8");
  // As many bytes as before.
  const rewritten = text.replace(/"toolVersion": ?"0/, (found) => found.replace("0", "1"));
  expect(rewritten).not.toBe(text);
  await writeFile(manifest, rewritten);
  expect((await cluster.remove(name)).status).toBe(403);
});

test("a store that lists what is no longer there is found out", async () => {
  const name = await cluster.namespace();
  // Commits and manifests cannot be read; only the listing tells of them. From before the backup is made: of one that
  // was read already the listing is proof enough.
  proxy.add({
    when: ({ method, query }) => method === "GET" && !query.includes("list-type"),
    fault: { reply: { status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" } },
  });
  const made = await backup(name);
  // The location itself was looked at, and nothing is said against it.
  expect(messageOf(await cluster.remove(name))).toMatch(/\nthere is no backup of it\nkubectl backup create/);
  expect(proxy.requests).toContainEqual(
    expect.objectContaining({ status: 404, path: expect.stringContaining(`/${made}/`) }),
  );
});

test("while the store holds its answers back a deletion is refused for that reason before the API server gives up, and a skip goes", async () => {
  const [name, skipped] = [await cluster.namespace(), await cluster.namespace()];
  await backup(name);
  proxy.add({ when: () => true, fault: { delayMs: 60_000 } });
  const startedAt = performance.now();
  const refused = messageOf(await cluster.remove(name));
  expect(performance.now() - startedAt).toBeLessThan(4500);
  expect(refused).toContain("no answer within 2 s");
  const annotations = { [`${KEY}/skip-final-backup`]: `${skipped}; until=${inAnHour()}; reason=INC-46` };
  expect((await cluster.patch(skipped, { annotations }, { client: cluster.admin })).status).toBe(200);
  expect((await cluster.remove(skipped, cluster.admin)).status).toBe(200);
  proxy.clear();
  await eventually("it goes again", () => mayGo(name));
});

test("told to end while the store holds its answers back, it ends in time and in order", async () => {
  const before = proxy.requests.length;
  proxy.add({ when: () => true, fault: { delayMs: 60_000 } });
  await eventually("a reading of the store is under way", async () => proxy.requests.length > before);
  const ended = cluster.guard.stop();
  const closed = async () => !(await isListening(cluster.guard.port));
  // A reading that nobody answers is given up after ten seconds.
  await eventually("it takes nothing new", closed, { timeoutMs: 6000 });
  await ended;
  expect((await cluster.guard.log()).trimEnd().split("\n").at(-1)).toBe("exit status 0");
  proxy.clear();
  await cluster.guard.start();
});

test("started anew while the store is down, it is ready, refuses in its own words, and lets skips through", async () => {
  const [name, skipped] = [await cluster.namespace(), await cluster.namespace()];
  await backup(name);
  proxy.add({ when: () => true, fault: { reply: { status: 503 } } });
  await cluster.guard.stop();
  await cluster.guard.start();
  expect(messageOf(await cluster.remove(name))).toContain("not looked at:");
  const annotations = { [`${KEY}/skip-final-backup`]: `${skipped}; until=${inAnHour()}; reason=INC-45` };
  expect((await cluster.patch(skipped, { annotations }, { client: cluster.admin })).status).toBe(200);
  expect((await cluster.remove(skipped, cluster.admin)).status).toBe(200);
});

test("the audit log tells who skipped and why, and what let the others go", async () => {
  const [saved, skipped] = [await cluster.namespace(), await cluster.namespace()];
  const made = await backup(saved);
  await eventually("it may go", () => mayGo(saved));
  expect((await cluster.remove(saved)).status).toBe(200);
  const annotations = { [`${KEY}/skip-final-backup`]: `${skipped}; until=${inAnHour()}; reason=INC-46` };
  expect((await cluster.patch(skipped, { annotations }, { client: cluster.admin })).status).toBe(200);
  expect((await cluster.remove(skipped, cluster.admin)).status).toBe(200);
  const entries = await eventually("both are in the audit log", async () => {
    const lines = (await readFile(join(scratch.path, "audit.log"), "utf8")).trimEnd().split("\n");
    const found = [saved, skipped].map((name) =>
      lines.map((line) => JSON.parse(line)).findLast((entry) => entry.objectRef?.name === name),
    );
    return found.every((entry) => entry !== undefined) ? found : undefined;
  });
  expect(entries[0].annotations).toMatchObject({
    "guard.kubectl-backup.io/verdict": "backup",
    "guard.kubectl-backup.io/backup": made,
  });
  expect(entries[1].annotations).toMatchObject({
    "guard.kubectl-backup.io/verdict": "skip",
    "guard.kubectl-backup.io/skip-reason": "INC-46",
  });
});

test("what is on its way out, and what nobody protects, is never in its way", async () => {
  const name = await cluster.namespace(PROTECTED);
  const free = await cluster.namespace({});
  await cluster.admin.create(`${NAMESPACES}/${name}/configmaps`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "stays", namespace: name, finalizers: ["example.com/stays"] },
  });
  await backup(name);
  expect((await cluster.remove(name)).status).toBe(200);
  await cluster.guard.stop();
  try {
    expect((await cluster.remove(free)).status).toBe(200);
  } finally {
    await cluster.guard.start();
  }
  // Terminating now, with nothing that proves anything any more.
  proxy.add({ when: () => true, fault: { reply: { status: 503 } } });
  expect([200, 409]).toContain((await cluster.remove(name)).status);
  const path = `${NAMESPACES}/${name}/configmaps/stays`;
  await cluster.admin.patch(path, { metadata: { finalizers: null } }, "merge");
  await eventually(
    "it is gone",
    async () => (await cluster.admin.find(`${NAMESPACES}/${name}`)) === undefined,
  );
});

test.each<[string, Rule["fault"]]>([
  ["answers after three seconds", { delayMs: 3000 }],
  ["drips a few bytes a second", { bytesPerSecond: 20 }],
  ["says that it is busy", { reply: { status: 503 } }],
  ["breaks the connection", { cutAfterBytes: 50, how: "rst" }],
])("a store that %s: refused in time, and the skip works", async (_, fault) => {
  const [name, skipped] = [await cluster.namespace(), await cluster.namespace()];
  await backup(name);
  await eventually("it may go", () => mayGo(name));
  await new Promise((resolve) => setTimeout(resolve, 5100));
  proxy.add({ when: () => true, fault });
  const started = performance.now();
  const reply = await cluster.remove(name);
  expect(performance.now() - started).toBeLessThan(4500);
  expect(reply.status).toBe(403);
  expect(messageOf(reply)).toContain("not looked at:");
  const annotations = { [`${KEY}/skip-final-backup`]: `${skipped}; until=${inAnHour()}; reason=INC-44` };
  expect((await cluster.patch(skipped, { annotations }, { client: cluster.admin })).status).toBe(200);
  expect((await cluster.remove(skipped, cluster.admin)).status).toBe(200);
  proxy.clear();
  await eventually("it goes again", async () => (await cluster.remove(name)).status === 200);
});
