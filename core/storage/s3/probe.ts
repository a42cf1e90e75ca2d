import { randomBytes } from "node:crypto";
import { DeleteObjectCommand, PutObjectCommand } from "./aws-sdk.ts";
import type { Bucket } from "./bucket.ts";
import { digestPiece } from "./digests.ts";
import { abortBegun, createMultipart, sendCompletion, sendPart } from "./multipart.ts";
import { isTaken } from "./put-object.ts";

/** Tidying up goes on after the check was told to stop, but not for ever. */
const TIDY_MS = 10_000;

/**
 * Whether a second write to a key that exists is refused, tried apart for plain puts and for the completion of uploads:
 * some servers take the condition on one and ignore it on the other. Leaves nothing where deleting is allowed.
 */
export async function probeConditions(
  bucket: Bucket,
  signal: AbortSignal,
): Promise<{ readonly put: boolean; readonly upload: boolean }> {
  const key = `metadata/kubectl-backup/probe-${randomBytes(8).toString("hex")}`;
  try {
    await putProbe(bucket, { key, text: "first", conditional: false }, signal);
    const put = await isRefused(putProbe(bucket, { key, text: "second", conditional: true }, signal));
    const upload = await isUploadRefused(bucket, key, signal);
    return { put, upload };
  } finally {
    await removeProbe(bucket, key);
  }
}

async function putProbe(
  bucket: Bucket,
  probe: { readonly key: string; readonly text: string; readonly conditional: boolean },
  signal: AbortSignal,
): Promise<void> {
  const body = Buffer.from(probe.text);
  await bucket.make(signal, (options) => {
    const headers = {
      ...bucket.newObject,
      ...(probe.conditional && bucket.dialect.condition),
      ...bucket.dialect.digestHeader(digestPiece(body)),
    };
    return bucket.client.send(
      new PutObjectCommand({ ...bucket.at(probe.key), Body: body, ...headers }),
      options,
    );
  });
}

async function isUploadRefused(bucket: Bucket, key: string, signal: AbortSignal): Promise<boolean> {
  const since = performance.now();
  const created = createMultipart(bucket, key, signal);
  try {
    const { uploadId } = await created;
    const part = await sendPart(bucket, { key, uploadId, number: 1, body: Buffer.from("third") }, signal);
    const completion = bucket.make(signal, (options) =>
      sendCompletion(bucket, { key, uploadId, parts: [part] }, options),
    );
    return await isRefused(completion);
  } finally {
    await abortBegun(bucket, { key, created, since }, AbortSignal.timeout(TIDY_MS));
  }
}

async function isRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return false;
  } catch (error) {
    if (isTaken(error)) return true;
    throw error;
  }
}

/** Without the right to delete, or under object lock, the probe stays: an empty name that nobody reads. */
async function removeProbe(bucket: Bucket, key: string): Promise<void> {
  const removal = bucket.request(AbortSignal.timeout(TIDY_MS), (options) =>
    bucket.client.send(new DeleteObjectCommand(bucket.at(key)), options),
  );
  await removal.catch(() => undefined);
}
