import { afterAll, expect, test } from "vitest";
import { createS3Client } from "#test/harness/s3-client.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";
import { startVelero } from "#test/harness/velero.ts";

const prefix = uniqueName("velero");
const cluster = sharedCluster();
const client = cluster.adminClient();
const velero = await startVelero({ cluster, s3: sharedS3(), prefix, namespace: prefix });

afterAll(async () => {
  await velero.stop();
  await client.delete(`/api/v1/namespaces/${prefix}`);
  client.close();
});

test("the real Velero backs a namespace up and restores it under another name", async () => {
  const source = uniqueName("source");
  const target = uniqueName("target");
  await client.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: source } },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c", namespace: source },
      data: { key: "value" },
    },
  ]);
  await velero.cli(["backup", "create", source, "--include-namespaces", source]);
  expect(await velero.waitForBackup(source)).toMatchObject({ status: { phase: "Completed" } });
  expect(await createS3Client(sharedS3()).listKeys(prefix)).toContain(
    `${prefix}/backups/${source}/velero-backup.json`,
  );
  const mapping = ["--namespace-mappings", `${source}:${target}`];
  await velero.cli(["restore", "create", target, "--from-backup", source, ...mapping]);
  expect(await velero.waitForRestore(target)).toMatchObject({ status: { phase: "Completed" } });
  const restored = await client.get(`/api/v1/namespaces/${target}/configmaps/c`);
  expect(restored["data"]).toEqual({ key: "value" });
  expect(await velero.cli(["backup", "logs", source])).toContain("Backed up");
  for (const namespace of [source, target]) await client.delete(`/api/v1/namespaces/${namespace}`);
});

test("its location is validated again and again", async () => {
  await velero.waitForLocation(2);
});
