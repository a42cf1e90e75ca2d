import type { StoredObject } from "#core/storage/object-store.ts";
import { keyExists } from "#core/storage/read-failures.ts";
import { PutObjectCommand } from "./aws-sdk.ts";
import type { Bucket, CallOptions } from "./bucket.ts";
import { confirmStored, findOurs, type ToldObject } from "./confirm.ts";
import { describeWhole, digestPiece, type SentObject } from "./digests.ts";
import { isAbsent, statusOf } from "./errors.ts";
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
  return writeOnce(bucket, { key, sent: describeWhole(body, digest), signal }, (options) => {
    const parts = {
      ...bucket.newObject,
      ...bucket.dialect.condition,
      ...bucket.dialect.digestHeader(digest),
    };
    const input = { ...bucket.at(key), Body: body, ContentLength: body.length, ...parts };
    return bucket.client.send(new PutObjectCommand(input), options);
  });
}

export interface OneWrite {
  readonly key: string;
  readonly sent: SentObject;
  readonly signal: AbortSignal;
}

/**
 * The request that makes an object appear, tried until its outcome is known. A try that failed may have succeeded all
 * the same, its reply lost; and a server that refuses early cuts the line while the body is still being sent, so that
 * the refusal is never read. So what lies under the key is looked at before every further try, and after a refusal.
 */
export async function writeOnce(
  bucket: Bucket,
  write: OneWrite,
  send: (options: CallOptions) => Promise<ToldObject>,
): Promise<StoredObject> {
  const { key, sent, signal } = write;
  let tries = 0;
  try {
    return await bucket.make(signal, async (options) => {
      const stored = tries++ === 0 ? undefined : await outcomeOf(bucket, write);
      return stored ?? confirmStored(bucket, { key, sent, told: await send(options) }, signal);
    });
  } catch (error) {
    // 404: a completion whose reply was lost leaves no upload that could be completed again.
    const stored = isTaken(error) || isAbsent(error) ? await outcomeOf(bucket, write) : undefined;
    if (stored === undefined) throw error;
    return stored;
  }
}

/** Ours, or Failure key-exists; undefined: the key is free. */
async function outcomeOf(bucket: Bucket, { key, sent, signal }: OneWrite): Promise<StoredObject | undefined> {
  const ours = await findOurs(bucket, { key, sent }, signal);
  if (ours === undefined && (await headObject(bucket, key, signal)) !== undefined)
    throw keyExists(bucket.url, key);
  return ours;
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
