import { sleep } from "#core/flow/sleep.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { StoredObject } from "#core/storage/object-store.ts";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from "./aws-sdk.ts";
import type { Bucket, CallOptions } from "./bucket.ts";
import { digestPiece, type PieceDigest, type SentObject } from "./digests.ts";
import { brokenReply, isAbsent } from "./errors.ts";
import { assertFree, writeOnce } from "./put-object.ts";
import { REPLY_STEP, SECOND_MS, storeTime } from "./store-time.ts";

export interface SentPart {
  readonly number: number;
  readonly etag: string;
  readonly digest: PieceDigest;
  readonly crc32: string | undefined;
}

export interface CreatedMultipart {
  readonly uploadId: string;
  /** A reply was lost or refused before this one came: the store may yet begin another upload of the key. */
  readonly mayHaveTwin: boolean;
}

/** Twins that lost replies have begun by now are aborted at once: nobody could name them later. */
export async function createMultipart(
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<CreatedMultipart> {
  const since = performance.now();
  let attempts = 0;
  const uploadId = await bucket.make(signal, async (options) => {
    attempts++;
    const algorithm = bucket.dialect.uploadAlgorithm;
    const command = new CreateMultipartUploadCommand({
      ...bucket.at(key),
      ...bucket.newObject,
      ...algorithm,
    });
    const { UploadId } = await bucket.client.send(command, options);
    if (UploadId === undefined) throw brokenReply(bucket.url);
    return UploadId;
  });
  const mayHaveTwin = attempts > 1;
  if (mayHaveTwin) await abortUnnamed(bucket, { key, since, named: uploadId }, signal);
  return { uploadId, mayHaveTwin };
}

/** The server checks the digest, so a part that was damaged on the way is refused and sent again. */
export async function sendPart(
  bucket: Bucket,
  part: {
    readonly key: string;
    readonly uploadId: string;
    readonly number: number;
    readonly body: Uint8Array;
  },
  signal: AbortSignal,
): Promise<SentPart> {
  const digest = digestPiece(part.body);
  let crc32: string | undefined;
  const { ETag } = await bucket.make(signal, (options) => {
    const header = bucket.dialect.digestHeader(digest);
    crc32 = "ChecksumCRC32" in header ? header.ChecksumCRC32 : undefined;
    const input = { ...bucket.at(part.key), UploadId: part.uploadId, PartNumber: part.number, ...header };
    const body = { Body: part.body, ContentLength: part.body.length };
    return bucket.client.send(new UploadPartCommand({ ...input, ...body }), options);
  });
  if (ETag === undefined)
    throw new Failure("location-error", `${bucket.url}: the store gave a part of ${part.key} no ETag`);
  return { number: part.number, etag: ETag, digest, crc32 };
}

export interface Completion {
  readonly key: string;
  readonly uploadId: string;
  readonly parts: readonly SentPart[];
}

/** Turns the parts into the object, only where the key is free. */
export async function completeMultipart(
  bucket: Bucket,
  upload: Completion & { readonly sent: SentObject },
  signal: AbortSignal,
): Promise<StoredObject> {
  const { key, sent } = upload;
  await assertFree(bucket, { key, how: "upload" }, signal);
  return writeOnce(bucket, { key, sent, signal }, (options) => sendCompletion(bucket, upload, options));
}

/** The bare request, under the condition that the key is free. */
export function sendCompletion(
  bucket: Bucket,
  { key, uploadId, parts }: Completion,
  options: CallOptions,
): Promise<CompleteMultipartUploadCommandOutput> {
  const Parts = parts.map(({ number, etag, crc32 }) => ({
    PartNumber: number,
    ETag: etag,
    ...(crc32 !== undefined && { ChecksumCRC32: crc32 }),
  }));
  const input = {
    ...bucket.at(key),
    UploadId: uploadId,
    MultipartUpload: { Parts },
    ...bucket.dialect.condition,
  };
  return bucket.client.send(new CompleteMultipartUploadCommand(input), options);
}

/** Abort, then look whether it is gone: a part still on its way can keep an upload alive (S3 API, AbortMultipartUpload). */
export async function abortMultipart(
  bucket: Bucket,
  upload: { readonly key: string; readonly uploadId: string },
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await sendAbort(bucket, upload, signal);
    if (!(await isOpen(bucket, upload, signal))) return;
    await sleep(bucket.retryMs * 2 ** round, signal);
  }
  throw new Failure("location-error", `${bucket.url}: the upload of ${upload.key} cannot be aborted`);
}

export interface Begun {
  readonly key: string;
  readonly created: Promise<CreatedMultipart>;
  /** When the key became this run's own, as performance.now() told it. */
  readonly since: number;
}

/** Ends all that was begun: the upload that has a name, and any whose name was lost with a reply. */
export async function abortBegun(bucket: Bucket, begun: Begun, signal: AbortSignal): Promise<void> {
  const { key, since } = begun;
  const created = await begun.created.catch(() => undefined);
  if (created !== undefined) await abortMultipart(bucket, { key, ...created }, signal);
  if (created?.mayHaveTwin !== false) await abortUnnamed(bucket, { key, since }, signal);
}

/** Uploads of the key that are as young as our hold on it, `named` apart. Whole seconds that a store tells are cut off. */
export async function abortUnnamed(
  bucket: Bucket,
  { key, since, named }: { readonly key: string; readonly since: number; readonly named?: string },
  signal: AbortSignal,
): Promise<void> {
  for (const open of await openOf(bucket, key, signal)) {
    const isYoung = open.ageMs <= performance.now() - since + SECOND_MS;
    if (isYoung && open.uploadId !== named) await abortMultipart(bucket, open, signal);
  }
}

async function sendAbort(
  bucket: Bucket,
  { key, uploadId }: { readonly key: string; readonly uploadId: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await bucket.request(signal, (options) =>
      bucket.client.send(new AbortMultipartUploadCommand({ ...bucket.at(key), UploadId: uploadId }), options),
    );
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function isOpen(
  bucket: Bucket,
  { key, uploadId }: { readonly key: string; readonly uploadId: string },
  signal: AbortSignal,
): Promise<boolean> {
  return (await openOf(bucket, key, signal)).some((open) => open.uploadId === uploadId);
}

/** The open uploads of one key. Listing them is a right of its own; without it none are seen, and sweepers do the rest. */
async function openOf(bucket: Bucket, key: string, signal: AbortSignal): Promise<OpenMultipart[]> {
  const found: OpenMultipart[] = [];
  try {
    for await (const open of openMultiparts(bucket, key, signal)) if (open.key === key) found.push(open);
  } catch (error) {
    if (!isFailure(error, "location-forbidden")) throw error;
  }
  return found;
}

export interface OpenMultipart {
  readonly key: string;
  readonly uploadId: string;
  /** By the store's clock on both sides: when it began, and when the listing was answered. */
  readonly ageMs: number;
}

/** The open uploads of keys below the prefix. */
export async function* openMultiparts(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<OpenMultipart> {
  let after: { readonly KeyMarker?: string | undefined; readonly UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const input = { Bucket: bucket.location.bucket, Prefix: bucket.prefix + prefix, ...after };
    const page = await bucket.request(signal, async (options) => {
      const command = new ListMultipartUploadsCommand(input);
      const clock = storeTime();
      command.middlewareStack.add(clock.listen, REPLY_STEP);
      const told = await bucket.client.send(command, options);
      if (told.Bucket === undefined) throw brokenReply(bucket.url);
      return { ...told, time: clock.read() };
    });
    for (const { Key = "", UploadId = "", Initiated = new Date(0) } of page.Uploads ?? []) {
      if (!Key.startsWith(input.Prefix)) continue;
      const ageMs = page.time.getTime() - Initiated.getTime();
      yield { key: Key.slice(bucket.prefix.length), uploadId: UploadId, ageMs };
    }
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return;
    after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
