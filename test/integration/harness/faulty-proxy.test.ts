import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, expect, test } from "vitest";
import {
  ignoreIfNoneMatch,
  isObjectPut,
  isUploadCompletion,
  serverError,
  tooManyRequests,
} from "#test/harness/faults.ts";
import { faultyKubeProxy, faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { createKubeClient } from "#test/harness/kube-client.ts";
import type { S3Address } from "#test/harness/s3-client.ts";
import { createS3Client } from "#test/harness/s3-client.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";

const kube = await faultyKubeProxy(sharedCluster());
const store = await faultyS3Proxy(sharedS3());
const sdk = sdkFor(store);

afterAll(async () => {
  sdk.destroy();
  await Promise.all([kube.stop(), store.stop()]);
});

test("through the proxy one is the administrator, over HTTP/2 and for kubectl alike", async () => {
  const cluster = sharedCluster();
  const namespaces = await cluster.adminKubectl([
    "--kubeconfig",
    kube.kubeconfigPath,
    "get",
    "namespaces",
    "-o",
    "name",
  ]);
  expect(namespaces).toContain("namespace/kube-system");
  expect(kube.requests.some(({ path, status }) => path === "/api/v1/namespaces" && status === 200)).toBe(
    true,
  );
});

test("kubectl heeds Retry-After of a 429 that the proxy puts before the API server", async () => {
  const remove = kube.add({
    when: ({ path }) => path === "/api/v1/secrets",
    times: 1,
    fault: tooManyRequests(1),
  });
  const before = kube.requests.length;
  await sharedCluster().adminKubectl(["--kubeconfig", kube.kubeconfigPath, "get", "secrets", "-A"]);
  const statuses = kube.requests
    .slice(before)
    .flatMap(({ path, status }) => (path === "/api/v1/secrets" ? [status] : []));
  expect(statuses).toEqual([429, 200]);
  remove();
});

test("a list cut in mid-body is an error for a client", async () => {
  const client = createKubeClient(kube.kubeconfigPath);
  const remove = kube.add({ when: () => true, times: 1, fault: { cutAfterBytes: 20, how: "fin" } });
  await expect(client.list("/api/v1/namespaces")).rejects.toThrow();
  expect(await client.list("/api/v1/namespaces")).not.toEqual([]);
  remove();
  client.close();
});

test("the AWS SDK writes through the proxy, also when it is told 503 first", async () => {
  const key = uniqueName("sdk");
  const remove = store.add({ when: isObjectPut, times: 1, fault: serverError(503) });
  await sdk.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: "content" }));
  expect(String(await createS3Client(sharedS3()).getObject(key))).toBe("content");
  expect(store.requests.map(({ status }) => status)).toEqual([503, 200]);
  remove();
});

test("a second put under If-None-Match wins only where the store ignores the header", async () => {
  const key = uniqueName("put");
  const put = (body: string) =>
    sdk.send(new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: body, IfNoneMatch: "*" }));
  await put("first");
  await expect(put("second")).rejects.toMatchObject({ name: "PreconditionFailed" });
  const remove = store.add(ignoreIfNoneMatch("put"));
  await put("third");
  expect(String(await createS3Client(sharedS3()).getObject(key))).toBe("third");
  remove();
});

test("likewise the completion of a multipart upload", async () => {
  const key = uniqueName("multipart");
  await upload(key, "first");
  await expect(upload(key, "second")).rejects.toMatchObject({ name: "PreconditionFailed" });
  const remove = store.add(ignoreIfNoneMatch("completion"));
  await upload(key, "third");
  expect(store.requests.filter(isUploadCompletion).length).toBeGreaterThanOrEqual(3);
  expect(String(await createS3Client(sharedS3()).getObject(key))).toBe("third");
  remove();
});

async function upload(key: string, body: string): Promise<void> {
  const target = { Bucket: store.bucket, Key: key };
  const { UploadId } = await sdk.send(new CreateMultipartUploadCommand(target));
  const part = await sdk.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: body }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
  await sdk.send(
    new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, IfNoneMatch: "*" }),
  );
}

function sdkFor({ endpoint, region, accessKeyId, secretAccessKey }: S3Address): S3Client {
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
}
