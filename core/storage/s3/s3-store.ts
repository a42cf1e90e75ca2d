/**
 * A bucket as a store: the only folder that speaks to the AWS SDK, loaded when an S3 location is opened. Its one rule:
 * a write that returned is in the bucket, whole, and replaced nothing. It must not know what lies in the objects.
 */

import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { checkKey, checkPrefix, isKey } from "#core/storage/keys.ts";
import type {
  GetOptions,
  ListOptions,
  ListPage,
  ObjectInfo,
  ObjectStore,
  StoredObject,
  Upload,
} from "#core/storage/object-store.ts";
import { DeleteObjectCommand, ListObjectsV2Command, type ListObjectsV2CommandOutput } from "./aws-sdk.ts";
import { Bucket } from "./bucket.ts";
import { PATIENCE, type Patience, type S3Location } from "./client.ts";
import { brokenReply, isAbsent } from "./errors.ts";
import { abortMultipart, openMultiparts } from "./multipart.ts";
import { probeConditions } from "./probe.ts";
import { putObject } from "./put-object.ts";
import { headObject, readObject } from "./read-object.ts";
import { REPLY_STEP, SECOND_MS, storeTime } from "./store-time.ts";
import { S3Upload } from "./upload.ts";

/** DeleteObjects would take a thousand keys at once, but half of the S3-compatible servers stumble over its checksum. */
const REMOVALS_AT_ONCE = 8;

class S3Store implements ObjectStore {
  readonly url: string;
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.url = bucket.url;
    this.#bucket = bucket;
  }

  async *list(prefix: string, options: ListOptions): AsyncGenerator<ListPage> {
    const shallow = options.shallow === true;
    checkPrefix(prefix, shallow);
    const delimiter = shallow ? { Delimiter: "/" } : {};
    let next: string | undefined;
    do {
      const after = next === undefined ? {} : { ContinuationToken: next };
      const input = {
        Bucket: this.#bucket.location.bucket,
        Prefix: this.#bucket.prefix + prefix,
        ...delimiter,
        ...after,
      };
      const { page, serverTime } = await this.#listPage(input, options.signal);
      const folders = (page.CommonPrefixes ?? []).map((folder) =>
        (folder.Prefix ?? "").slice(input.Prefix.length),
      );
      yield {
        objects: this.#infosOf(page).filter(({ key }) => options.only?.(key) ?? true),
        folders: folders.filter((name) => isKey(name.slice(0, -1))),
        serverTime,
      };
      next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (next !== undefined);
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    checkKey(key);
    return headObject(this.#bucket, key, signal);
  }

  async *get(key: string, options: GetOptions): AsyncGenerator<Uint8Array> {
    checkKey(key);
    yield* readObject(this.#bucket, key, options);
  }

  async put(key: string, body: Uint8Array, signal: AbortSignal): Promise<StoredObject> {
    checkKey(key);
    return putObject(this.#bucket, { key, body }, signal);
  }

  async openUpload(key: string, signal: AbortSignal): Promise<Upload> {
    checkKey(key);
    signal.throwIfAborted();
    return new S3Upload(this.#bucket, key, signal);
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    keys.forEach(checkKey);
    await forEachLimited(keys, { concurrency: REMOVALS_AT_ONCE, signal }, (key) =>
      this.#removeOne(key, signal),
    );
  }

  async sweepUploads(prefix: string, olderThanMs: number, signal: AbortSignal): Promise<number> {
    checkPrefix(prefix, false);
    let swept = 0;
    for await (const open of openMultiparts(this.#bucket, prefix, signal)) {
      // A store's Date is cut off to whole seconds.
      if (open.ageMs + SECOND_MS < olderThanMs) continue;
      await abortMultipart(this.#bucket, open, signal);
      swept++;
    }
    return swept;
  }

  async conditionalWrites(signal: AbortSignal): Promise<{ readonly put: boolean; readonly upload: boolean }> {
    this.#bucket.dialect.honoured ??= await probeConditions(this.#bucket, signal);
    return this.#bucket.dialect.honoured;
  }

  close(): void {
    this.#bucket.client.destroy();
  }

  async #listPage(
    input: { Bucket: string; Prefix: string },
    signal: AbortSignal,
  ): Promise<{ readonly page: ListObjectsV2CommandOutput; readonly serverTime: Date }> {
    return this.#bucket.request(signal, async (options) => {
      const command = new ListObjectsV2Command(input);
      const clock = storeTime();
      command.middlewareStack.add(clock.listen, REPLY_STEP);
      const page = await this.#bucket.client.send(command, options);
      if (page.Name === undefined) throw brokenReply(this.url);
      return { page, serverTime: clock.read() };
    });
  }

  /** Keys that are none of ours by their shape (a folder's empty marker, say) are not seen. */
  #infosOf(page: ListObjectsV2CommandOutput): ObjectInfo[] {
    const infos = (page.Contents ?? []).map(
      ({ Key = "", Size = 0, ETag = "", LastModified = new Date(0) }) => ({
        key: Key.slice(this.#bucket.prefix.length),
        sizeBytes: Size,
        etag: ETag,
        lastModified: LastModified,
      }),
    );
    return infos.filter((info) => isKey(info.key));
  }

  async #removeOne(key: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#bucket.request(signal, (options) =>
        this.#bucket.client.send(new DeleteObjectCommand(this.#bucket.at(key)), options),
      );
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
}

export function createS3Store(location: S3Location, patience: Patience = PATIENCE): ObjectStore {
  return new S3Store(new Bucket(location, patience));
}
