import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { eventually } from "#test/harness/eventually.ts";
import type { KubeClient, KubeReply } from "#test/harness/kube-client.ts";
import { freePorts } from "#test/harness/ports.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";

// The shipped webhook configuration with nobody at its address: whatever comes to the guard fails, and whatever does not
// goes on as ever. So each answer of the API server tells whether the guard would have been asked.
const CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const NAMESPACES = "/api/v1/namespaces";
const PROTECT = "kubectl-backup.io/protect";
const name = uniqueName("matching");

let client: KubeClient;
beforeAll(async () => {
  client = sharedCluster().adminClient();
  const shipped = parse(await readFile(join(import.meta.dirname, "../../../manifests/webhook.yaml"), "utf8"));
  const [port] = await freePorts(1);
  shipped.metadata.name = name;
  shipped.webhooks[0].clientConfig = { url: `https://127.0.0.1:${port}/review` };
  await client.create(CONFIGURATIONS, shipped);
  const probe = await namespace({ [PROTECT]: "true" });
  await eventually("the configuration is in force", async () => isAsked(await remove(probe)));
});
afterAll(async () => {
  await client.delete(`${CONFIGURATIONS}/${name}`);
  const left = await client.list(`${NAMESPACES}?labelSelector=matching-test=${name}`);
  for (const { metadata } of left) await client.delete(`${NAMESPACES}/${metadata.name}`);
  client.close();
});

async function namespace(
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>> = {},
): Promise<string> {
  const made = uniqueName("guarded");
  const metadata = { name: made, labels: { "matching-test": name, ...labels }, annotations };
  await client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
  return made;
}

const remove = (which: string) => client.request("DELETE", `${NAMESPACES}/${which}?dryRun=All`);

function change(which: string, metadata: object, subresource = ""): Promise<KubeReply> {
  return client.request("PATCH", `${NAMESPACES}/${which}${subresource}`, {
    body: { metadata },
    contentType: "application/merge-patch+json",
  });
}

function isAsked({ status, text }: KubeReply): boolean {
  if (status >= 200 && status < 300) return false;
  expect(status).toBe(500);
  expect(text).toContain('failed calling webhook \\"guard.kubectl-backup.io\\"');
  return true;
}

test.each(["true", "", "yes", "flase"])(
  "with the label protect=%j a deletion comes to the guard",
  async (value) => {
    expect(isAsked(await remove(await namespace({ [PROTECT]: value })))).toBe(true);
  },
);

test("with the guard down everything that is not protected goes on: namespaces without the label or with false, pods, config maps", async () => {
  const [free, opted] = [await namespace({}), await namespace({ [PROTECT]: "false" })];
  const guarded = await namespace({ [PROTECT]: "true" });
  const spec = { containers: [{ name: "c", image: "none" }], automountServiceAccountToken: false };
  for (const where of [free, guarded]) {
    const at = { namespace: where, name: "one" };
    await client.create(`/api/v1/namespaces/${where}/configmaps`, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: at,
    });
    await eventually("the service account is there", async () =>
      client.find(`/api/v1/namespaces/${where}/serviceaccounts/default`),
    );
    await client.create(`/api/v1/namespaces/${where}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: at,
      spec,
    });
  }
  expect(isAsked(await remove(free))).toBe(false);
  expect(isAsked(await remove(opted))).toBe(false);
});

test("with the guard down its own namespace and the system's can be deleted, labelled or not", async () => {
  const metadata = { name: "kubectl-backup", labels: { "matching-test": name, [PROTECT]: "true" } };
  // Another test's of that name may still be going.
  await eventually("the guard's namespace is made", () =>
    client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata }),
  );
  expect(isAsked(await remove("kubectl-backup"))).toBe(false);
  expect(isAsked(await change("kubectl-backup", { labels: { [PROTECT]: null } }))).toBe(false);
  // The API server itself refuses the others (403) but this one.
  await change("kube-node-lease", { labels: { [PROTECT]: "true" } });
  expect(isAsked(await remove("kube-node-lease"))).toBe(false);
  await change("kube-node-lease", { labels: { [PROTECT]: null } });
});

test("foreign labels and annotations of a protected namespace can be changed with the guard down", async () => {
  const guarded = await namespace({ [PROTECT]: "true" }, { "kubectl-backup.io/max-age": "24h" });
  expect(isAsked(await change(guarded, { labels: { team: "a" }, annotations: { note: "b" } }))).toBe(false);
  const reference = { "kubectl-backup.io/last-backup": "nightly" };
  expect(isAsked(await change(guarded, { annotations: reference }))).toBe(false);
});

test.each(["", "/status", "/finalize"])("unlabelling comes to the guard%s", async (subresource) => {
  for (const value of ["true", ""]) {
    const guarded = await namespace({ [PROTECT]: value });
    if (subresource === "/finalize") {
      const live = await client.get(`${NAMESPACES}/${guarded}`);
      const body = { ...live, metadata: { ...live.metadata, labels: {} } };
      const reply = await client.request("PUT", `${NAMESPACES}/${guarded}/finalize`, { body });
      expect(isAsked(reply)).toBe(true);
      continue;
    }
    for (const next of [null, "false"]) {
      expect(isAsked(await change(guarded, { labels: { [PROTECT]: next } }, subresource))).toBe(true);
    }
    expect(isAsked(await change(guarded, { labels: null }, subresource))).toBe(true);
  }
});

test.each([
  ["labels", "tier", "low"],
  ["annotations", "max-age", "30d"],
  ["annotations", "volumes", "waived"],
  ["annotations", "allow-excluded", "true"],
  ["annotations", "skip-final-backup", "x"],
])("setting, changing and removing the %s' %s comes to the guard", async (field, key, value) => {
  const full = `kubectl-backup.io/${key}`;
  const bare = await namespace({ [PROTECT]: "true" });
  expect(isAsked(await change(bare, { [field]: { [full]: value } }))).toBe(true);
  expect(isAsked(await change(bare, { [field]: { [full]: "" } }))).toBe(true);
  const [labels, annotations] = field === "labels" ? [{ [full]: "high" }, {}] : [{}, { [full]: "old" }];
  const set = await namespace({ [PROTECT]: "true", ...labels }, annotations);
  expect(isAsked(await change(set, { [field]: { [full]: value } }))).toBe(true);
  expect(isAsked(await change(set, { [field]: { [full]: null } }))).toBe(true);
});

test("a namespace that is just being protected comes to the guard", async () => {
  const free = await namespace({});
  expect(isAsked(await change(free, { labels: { [PROTECT]: "true" } }))).toBe(true);
});
