import { join } from "node:path";
import { faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { type BenchSite, runOurs, s3Url } from "./bench-site.ts";

// Highest resident set of our process for shapes that would not fit if anything were held whole.
const IN_FLIGHT = 48;

export async function fillConfigMaps(client: KubeClient, namespace: string, count: number): Promise<void> {
  await client.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  const text = "a line of configuration that is as long as others = 42\n".repeat(19).slice(0, 1024);
  await inFlight(count, (index) => ({
    path: `/api/v1/namespaces/${namespace}/configmaps`,
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `c${index}` }, data: { text } },
    client,
  }));
}

export async function fillSecrets(client: KubeClient, namespace: string, count: number): Promise<void> {
  await client.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  // 900 KiB of bytes that do not compress to nothing; the server sends them as 1.2 MB of base64.
  const noise = crypto.getRandomValues(new Uint8Array(64 * 1024));
  const value = Buffer.concat(
    Array.from({ length: 15 }, (_, i) => Buffer.from(noise.map((byte) => byte ^ i))),
  )
    .subarray(0, 900 * 1024)
    .toString("base64");
  await inFlight(count, (index) => ({
    path: `/api/v1/namespaces/${namespace}/secrets`,
    object: { apiVersion: "v1", kind: "Secret", metadata: { name: `s${index}` }, data: { value } },
    client,
  }));
}

async function inFlight(
  count: number,
  request: (index: number) => { path: string; object: unknown; client: KubeClient },
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const { client, path, object } = request(next++);
      await client.create(path, object);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

export async function backupPeak(site: BenchSite, namespace: string): Promise<number> {
  const location = `file://${join(site.directory, "memory")}`;
  return (await runOurs(site, ["create", `memory-${namespace}`, "-n", namespace, "--location", location]))
    .peakRssMib;
}

/** Of the plan of a restore under another name. */
export async function planPeak(site: BenchSite, namespace: string): Promise<number> {
  const location = `file://${join(site.directory, "memory")}`;
  const mapping = `${namespace}:${namespace}-copy`;
  const args = [
    "restore",
    `memory-${namespace}`,
    "--location",
    location,
    "--namespace-mapping",
    mapping,
    "--dry-run",
    "--yes",
  ];
  return (await runOurs(site, args)).peakRssMib;
}

/** The lists come as fast as they can, the store takes 2 MB/s. */
export async function slowStorePeak(site: BenchSite, namespace: string): Promise<number> {
  const proxy = await faultyS3Proxy(site.s3, [{ when: () => true, fault: { bytesPerSecond: 2_000_000 } }]);
  try {
    const location = s3Url(site.s3, "slow", proxy.url);
    return (await runOurs(site, ["create", "slow", "-n", namespace, "--location", location])).peakRssMib;
  } finally {
    await proxy.stop();
  }
}
