import { afterAll, expect, inject, test } from "vitest";
import { createKubeClient } from "#test/harness/kube-client.ts";
import { createS3Client } from "#test/harness/s3-client.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";

const cluster = sharedCluster();
const client = cluster.adminClient();
afterAll(() => client.close());

test("the controllers of the shared cluster work", async () => {
  const namespace = uniqueName("harness");
  await client.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  const account = await cluster.adminKubectl(["wait", "--for=create", "sa/default", "-n", namespace]);
  expect(account).toContain("default");
  await client.delete(`/api/v1/namespaces/${namespace}`);
});

test("a cluster that was built here is the pinned Kubernetes", async ({ skip }) => {
  skip(inject("cluster").origin !== "built", "kind and an existing cluster have versions of their own");
  expect(await cluster.adminKubectl(["version"])).toContain("Server Version: v1.36.");
});

test("integers above 2^53 come back from the server as they were sent", async () => {
  const seconds = 9007199254740993n;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: uniqueName("exact"), namespace: "default" },
    spec: { terminationGracePeriodSeconds: seconds, containers: [{ name: "c", image: "localhost/none" }] },
  };
  const [created] = await client.apply([pod]);
  expect(created?.["spec"]).toMatchObject({ terminationGracePeriodSeconds: seconds });
  await client.delete(`/api/v1/namespaces/default/pods/${pod.metadata.name}`);
});

test("a user with a client certificate has its groups and no rights of its own", async () => {
  const kubeconfig = await cluster.withClientCert({ user: "jane", groups: ["devs"] });

  const jane = createKubeClient(kubeconfig);
  const reply = await jane.request("GET", "/api/v1/secrets");
  expect(reply.status).toBe(403);
  expect(reply.text).toContain('User \\"jane\\"');
  jane.close();
});

test("a token that the server does not know is refused", async () => {
  const nobody = createKubeClient(await cluster.withToken("worthless"));
  expect((await nobody.request("GET", "/api/v1/namespaces")).status).toBe(401);
  nobody.close();
});

test("the shared S3 server keeps what it is given and refuses a wrong secret", async () => {
  const s3 = createS3Client(sharedS3());
  const key = `${uniqueName("harness")}/a b+c&<é>.txt`;
  await s3.putObject(key, "content");
  expect(await s3.listKeys("harness")).toContain(key);
  expect(String(await s3.getObject(key))).toBe("content");
  await s3.deleteObject(key);
  const impostor = createS3Client({ ...sharedS3(), secretAccessKey: "wrong" });
  expect((await impostor.request("GET", key)).status).toBe(403);
});

test("a second put under If-None-Match: * is refused by the S3 server", async () => {
  const s3 = createS3Client(sharedS3());
  const key = uniqueName("once");
  const put = () => s3.request("PUT", key, { headers: { "if-none-match": "*" }, body: "x" });
  expect([(await put()).status, (await put()).status]).toEqual([200, 412]);
  await s3.deleteObject(key);
});
