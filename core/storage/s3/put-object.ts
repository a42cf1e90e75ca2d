import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { StoredObject } from "#core/storage/object-store.ts";
import { keyExists } from "#core/storage/read-failures.ts";
import type { Bucket } from "./bucket.ts";
import { confirmStored, findOurs } from "./confirm.ts";
import { describeWhole, digestPiece } from "./digests.ts";
import { statusOf } from "./errors.ts";
import { headObject } from "./read-object.ts";

/** Writes an object in one request, only where the key is free. */
export async function putObject(
  bucket: Bucket,
  object: { readonly key: string; readonly body: Uint8Array },
  signal: AbortSignal,
): Promise<StoredObject> {
  const { key, body } = object;
  await assertFree(bucket, { key, how: "put" }, signal);
  const digest = digestPiece(body);
  const sent = describeWhole(body, digest);
  try {
    const told = await bucket.request(signal, (options) =>
      bucket.client.send(
        new PutObjectCommand({
          ...bucket.at(key),
          Body: body,
          ContentLength: body.length,
          ...bucket.newObject,
          ...bucket.dialect.condition,
          ...bucket.dialect.digestHeader(digest),
        }),
        options,
      ),
    );
    return await confirmStored(bucket, { key, sent, told }, signal);
  } catch (error) {
    if (!isTaken(error)) throw error;
    const ours = await findOurs(bucket, { key, sent }, signal);
    if (ours === undefined) throw keyExists(bucket.url, key);
    return ours;
  }
}

export function isTaken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

/** Where it is not known that the server keeps the condition, a look before the write has to do. */
export async function assertFree(
  bucket: Bucket,
  target: { readonly key: string; readonly how: "put" | "upload" },
  signal: AbortSignal,
): Promise<void> {
  if (bucket.dialect.sendsConditions && bucket.dialect.honoured?.[target.how] === true) return;
  if ((await headObject(bucket, target.key, signal)) !== undefined) throw keyExists(bucket.url, target.key);
}
