import { afterAll, beforeAll } from "vitest";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { PATIENCE, type Patience, type S3Location } from "#core/storage/s3/client.ts";
import { createS3Store } from "#core/storage/s3/s3-store.ts";
import type { S3Address } from "#test/harness/s3-client.ts";
import { s3Environment, startS3Server } from "#test/harness/s3-server.ts";
import { uniqueName } from "#test/harness/shared.ts";

/** An S3 server for the tests of one file, its keys in the environment meanwhile. What is returned tells its address. */
export function useOwnS3Server(): () => S3Address {
  const before = { ...process.env };
  let s3: Awaited<ReturnType<typeof startS3Server>>;
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
  return () => s3;
}

export interface StoreOptions {
  readonly patience?: Partial<Patience>;
  readonly checksums?: S3Location["checksums"];
}

/** A store in the bucket, under a prefix of its own. */
export function storeAt({ endpoint, bucket, region }: S3Address, options: StoreOptions = {}): ObjectStore {
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
  return createS3Store({ ...location, checksums: options.checksums }, { ...PATIENCE, ...options.patience });
}
