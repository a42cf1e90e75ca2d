import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { type GuardObject, type GuardOptions, renderGuard } from "#core/guard/render-guard.ts";
import { GUARD, UNGUARDED_NAMESPACES } from "#core/model/guard.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster } from "#test/harness/shared.ts";

// The guard is described once, in manifests/. What kubectl's kustomize makes of an overlay and what the plugin makes of
// the same choices must be the same objects.
const MANIFESTS = join(import.meta.dirname, "../../../manifests");
const DIGEST = `sha256:${"ab".repeat(32)}`;
const CONFIG = "default: main\nlocations:\n  main: s3://bucket/prefix?region=eu-central-1\n";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchDirectory("kustomize");
});
afterAll(() => scratch.remove());

const OPTIONS: GuardOptions = {
  image: `mirror.example/kubectl-backup@${DIGEST}`,
  imagePullSecret: "pull",
  locations: { default: "main", locations: { main: "s3://bucket/prefix?region=eu-central-1" } },
  credentials: { from: "secret", name: "reader" },
  locationCa: { from: "configmap", name: "lab" },
  replicas: 3,
  port: GUARD.hostNetworkPort,
  hostNetwork: true,
  components: ["annotate-all", "annotate-workloads", "monitoring"],
};

const CA_VOLUME = {
  name: "location-ca",
  configMap: { name: "lab", items: [{ key: "ca.crt", path: "ca.crt" }] },
};
const CA_MOUNT = { name: "location-ca", mountPath: "/etc/kubectl-backup-ca", readOnly: true };
const EXTRA_CA = { name: "NODE_EXTRA_CA_CERTS", value: "/etc/kubectl-backup-ca/ca.crt" };

/** kubectl kustomize of an overlay over a copy of the shipped folder. */
async function kustomized(overlay: object): Promise<readonly GuardObject[]> {
  const folder = join(scratch.path, crypto.randomUUID());
  await mkdir(folder);
  const files = await manifestFiles();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, "base", name, ".."), { recursive: true });
    await writeFile(join(folder, "base", name), text);
  }
  const kustomization = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", ...overlay };
  await writeFile(join(folder, "kustomization.yaml"), stringify(kustomization));
  return objectsIn(await sharedCluster().adminKubectl(["kustomize", folder]));
}

function objectsIn(yaml: string): readonly GuardObject[] {
  return parseAllDocuments(yaml).map((document) => document.toJS());
}

function byName(objects: readonly GuardObject[]): Readonly<Record<string, GuardObject>> {
  return Object.fromEntries(
    objects.map((object) => [
      `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`,
      object,
    ]),
  );
}

test("what the plugin renders and what kubectl's kustomize renders of the same choices are the same objects", async () => {
  const rendered = byName(renderGuard(await manifestFiles(), OPTIONS));
  const deployment = rendered[`Deployment ${GUARD.namespace}/${GUARD.name}`];
  const digest = /"kubectl-backup.io\/config-sha256":"([0-9a-f]{64})"/.exec(JSON.stringify(deployment))?.[1];
  const patch = {
    spec: {
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      template: {
        metadata: { annotations: { "kubectl-backup.io/config-sha256": digest } },
        spec: {
          hostNetwork: true,
          dnsPolicy: "ClusterFirstWithHostNet",
          imagePullSecrets: [{ name: "pull" }],
          containers: [
            {
              name: "guard",
              envFrom: [{ secretRef: { name: "reader" } }],
            },
          ],
        },
      },
    },
  };
  const port = [
    { op: "replace", path: "/spec/template/spec/containers/0/ports/0/containerPort", value: 10260 },
    { op: "replace", path: "/spec/template/spec/containers/0/env/1/value", value: "10260" },
    { op: "add", path: "/spec/template/spec/containers/0/env/-", value: EXTRA_CA },
    { op: "add", path: "/spec/template/spec/containers/0/volumeMounts/-", value: CA_MOUNT },
    { op: "add", path: "/spec/template/spec/volumes/-", value: CA_VOLUME },
  ];
  const identified = (kind: string, name: string, content: object) =>
    stringify({ ...content, apiVersion: kind === "ConfigMap" ? "v1" : "apps/v1", kind, metadata: { name } });
  const made = await kustomized({
    resources: ["base"],
    components: ["base/annotate-all", "base/annotate-workloads", "base/monitoring"],
    images: [{ name: "kubectl-backup", newName: "mirror.example/kubectl-backup", digest: DIGEST }],
    replicas: [{ name: GUARD.name, count: 3 }],
    patches: [
      { target: { kind: "Deployment" }, patch: identified("Deployment", GUARD.name, patch) },
      { target: { kind: "Deployment" }, patch: stringify(port) },
      {
        target: { kind: "ConfigMap", name: GUARD.locations },
        patch: identified("ConfigMap", GUARD.locations, { data: { [GUARD.locationsKey]: CONFIG } }),
      },
    ],
  });
  expect(rendered).toEqual(byName(made));
});

test("without choices, what is shipped is what kubectl apply -k manifests/ applies", async () => {
  const shipped = objectsIn(await sharedCluster().adminKubectl(["kustomize", MANIFESTS]));
  const rendered = renderGuard(await manifestFiles(), {
    image: "kubectl-backup",
    locations: { locations: {} },
    credentials: { from: "service-account" },
    port: GUARD.port,
    hostNetwork: false,
    components: [],
  });
  const withoutDigest = JSON.parse(
    JSON.stringify(rendered).replace(/,"kubectl-backup.io\/config-sha256":"[0-9a-f]{64}"/, ""),
  );
  expect(byName(withoutDigest)).toEqual(byName(shipped));
});

test("an API server takes every object, in the order given, and so does the pod security level restricted", async () => {
  const client = sharedCluster().adminClient();
  const objects = renderGuard(await manifestFiles(), { ...OPTIONS, hostNetwork: false, components: [] });
  try {
    for (const object of objects) {
      const path = `${await client.pathOf(object)}?fieldManager=test&fieldValidation=Strict`;
      const reply = await client.request("PATCH", path, {
        body: object,
        contentType: "application/apply-patch+yaml",
      });
      expect([object.kind, reply.status, reply.text]).toEqual([object.kind, 201, expect.anything()]);
    }
    const at = `/api/v1/namespaces/${GUARD.namespace}`;
    const enforced = { "pod-security.kubernetes.io/enforce": "restricted" };
    expect((await client.get(at)).metadata.labels).toMatchObject(enforced);
    const stored = await client.get(`/apis/apps/v1/namespaces/${GUARD.namespace}/deployments/${GUARD.name}`);
    // As the server has just given it.
    const { template } = stored["spec"] as { template: object };
    const metadata = { name: "as-guard", namespace: GUARD.namespace };
    const pod = { ...template, apiVersion: "v1", kind: "Pod", metadata };
    const made = await client.request("POST", `${at}/pods?dryRun=All`, { body: pod });
    expect([made.status, made.text]).toEqual([201, expect.not.stringContaining("violate")]);
  } finally {
    for (const object of objects.toReversed()) await client.delete(await client.pathOf(object));
    await eventually("the namespace is gone", async () => {
      return (await client.find(`/api/v1/namespaces/${GUARD.namespace}`)) === undefined;
    });
    client.close();
  }
});

test("the names that the product uses are the manifests'", async () => {
  const names = Object.keys(byName(renderGuard(await manifestFiles(), OPTIONS)));
  expect(names).toEqual(
    expect.arrayContaining([
      `Namespace /${GUARD.namespace}`,
      `Namespace /${GUARD.selfTest}`,
      `ClusterRole /${GUARD.viewerRole}`,
      `ConfigMap ${GUARD.namespace}/${GUARD.locations}`,
      `Deployment ${GUARD.namespace}/${GUARD.name}`,
      `Service ${GUARD.namespace}/${GUARD.name}`,
      `ValidatingWebhookConfiguration /${GUARD.name}`,
    ]),
  );
  const webhook = (await manifestFiles())["webhook.yaml"];
  expect(webhook).toContain(`values: [${UNGUARDED_NAMESPACES.join(", ")}]`);
  expect(webhook).toContain(`name: ${GUARD.webhook}\n`);
});
