import { createHash } from "node:crypto";
import { Failure } from "#core/model/errors.ts";
import type { StoredObject } from "#core/storage/object-store.ts";
import { DeleteObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput } from "./aws-sdk.ts";
import type { Bucket } from "./bucket.ts";
import type { SentObject } from "./digests.ts";
import { headOrAbsent, readObject } from "./read-object.ts";

/** What a reply tells of the object it speaks of. */
export interface ToldObject {
  readonly ETag?: string | undefined;
  readonly ChecksumCRC32?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ContentLength?: number | undefined;
}

/**
 * After a write: what the store holds is what was sent. Its digest in the reply proves it; else size and checksum are
 * asked for; a digest that differs is settled by reading back, since some servers (KMS among them) make ETags that
 * look like MD5 and are not.
 */
export async function confirmStored(
  bucket: Bucket,
  target: { readonly key: string; readonly sent: SentObject; readonly told: ToldObject },
  signal: AbortSignal,
): Promise<StoredObject> {
  const { key, sent, told } = target;
  if (isProven(sent, told) && told.ETag !== undefined) return storedObject(sent, told);
  const head = await headForCheck(bucket, key, signal);
  if (head === undefined)
    throw new Failure("location-error", `${bucket.url}: ${key} is not there after it was written`);
  if (head.ContentLength !== sent.sizeBytes) {
    const message = `${bucket.url}: ${key} holds ${head.ContentLength} bytes, ${sent.sizeBytes} were sent`;
    throw new Failure("location-error", message);
  }
  const doubtful = !isProven(sent, head) && (looksLikeMd5(head.ETag) || head.ChecksumCRC32 !== undefined);
  if (doubtful && !(await holdsSame(bucket, key, { sent, signal }))) {
    throw new Failure("location-error", `${bucket.url}: ${key} holds other bytes than were sent`);
  }
  return storedObject(sent, { VersionId: told.VersionId, ...definedOf(head) });
}

/** After a refusal because the key exists: is it ours, its reply lost? Then what the store holds, else undefined. */
export async function findOurs(
  bucket: Bucket,
  target: { readonly key: string; readonly sent: SentObject },
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  const { key, sent } = target;
  const head = await headForCheck(bucket, key, signal);
  if (head === undefined || head.ContentLength !== sent.sizeBytes) return undefined;
  const ours = isProven(sent, head) || (await holdsSame(bucket, key, { sent, signal }));
  return ours ? storedObject(sent, head) : undefined;
}

/** After a write whose outcome is not known and not wanted any more. Somebody else's object under the key stays. */
export async function removeIfOurs(
  bucket: Bucket,
  target: { readonly key: string; readonly sent: SentObject },
  signal: AbortSignal,
): Promise<void> {
  if ((await findOurs(bucket, target, signal)) === undefined) return;
  const command = new DeleteObjectCommand(bucket.at(target.key));
  await bucket.request(signal, (options) => bucket.client.send(command, options));
}

function isProven(sent: SentObject, told: ToldObject): boolean {
  const etag = told.ETag?.replaceAll('"', "");
  return (
    etag === sent.md5Etag || (told.ChecksumCRC32 !== undefined && sent.crc32s.includes(told.ChecksumCRC32))
  );
}

function looksLikeMd5(etag: string | undefined): boolean {
  return /^"?[0-9a-f]{32}(-\d+)?"?$/.test(etag ?? "");
}

function headForCheck(
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  const input = { ...bucket.at(key), ChecksumMode: "ENABLED" as const };
  return headOrAbsent(bucket, signal, (options) => bucket.client.send(new HeadObjectCommand(input), options));
}

async function holdsSame(
  bucket: Bucket,
  key: string,
  { sent, signal }: { readonly sent: SentObject; readonly signal: AbortSignal },
): Promise<boolean> {
  const digest = createHash("sha256");
  for await (const chunk of readObject(bucket, key, { signal })) digest.update(chunk);
  return digest.digest("hex") === sent.sha256;
}

function storedObject(sent: SentObject, told: ToldObject): StoredObject {
  const { sizeBytes, sha256 } = sent;
  return {
    sizeBytes,
    sha256,
    etag: told.ETag ?? "",
    ...(told.VersionId !== undefined && { versionId: told.VersionId }),
  };
}

function definedOf({ ETag, VersionId }: ToldObject): ToldObject {
  return { ...(ETag !== undefined && { ETag }), ...(VersionId !== undefined && { VersionId }) };
}
