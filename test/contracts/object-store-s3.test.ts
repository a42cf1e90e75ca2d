import { afterAll, beforeAll } from "vitest";
import { createS3Store } from "#core/storage/s3/s3-store.ts";
import type { S3Address } from "#test/harness/s3-client.ts";
import { s3Environment, startS3Server } from "#test/harness/s3-server.ts";
import { uniqueName } from "#test/harness/shared.ts";
import { describeObjectStore } from "./object-store.ts";

/** More than two parts, so that parts are sent beside each other. */
const LARGE = 15_000_000;

let s3: Awaited<ReturnType<typeof startS3Server>>;
const before = { ...process.env };

beforeAll(async () => {
  s3 = await startS3Server();
  Object.assign(process.env, s3Environment(s3));
});
afterAll(async () => {
  for (const name of Object.keys(s3Environment(s3))) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  await s3.stop();
});

function storeAt({ endpoint, bucket, region }: S3Address, checksums?: "WHEN_SUPPORTED") {
  const prefix = uniqueName("contract");
  const url = `s3://${bucket}/${prefix}?endpoint=${endpoint}`;
  const location = {
    type: "s3",
    url,
    bucket,
    prefix,
    region,
    endpoint,
    pathStyle: true,
    readOnly: false,
  } as const;
  return createS3Store({ ...location, checksums });
}

describeObjectStore("the S3 store", async () => ({ store: storeAt(s3), largeBytes: LARGE }));
describeObjectStore("the S3 store with checksums", async () => ({
  store: storeAt(s3, "WHEN_SUPPORTED"),
  largeBytes: LARGE,
}));
