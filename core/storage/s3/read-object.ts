import { sleep } from "#core/flow/sleep.ts";
import { Failure } from "#core/model/errors.ts";
import type { GetOptions, ObjectInfo } from "#core/storage/object-store.ts";
import { keyAbsent, objectChanged, objectTooShort } from "#core/storage/read-failures.ts";
import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand } from "./aws-sdk.ts";
import type { Bucket } from "./bucket.ts";
import { isAbsent, statusOf, storeFailure } from "./errors.ts";

/** A connection that breaks so often without a single byte in between is not going to hold. */
const BREAKS_WITHOUT_PROGRESS = 5;

export async function headObject(
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<ObjectInfo | undefined> {
  const found = await headOrAbsent(bucket, signal, (options) =>
    bucket.client.send(new HeadObjectCommand(bucket.at(key)), options),
  ).catch((error: unknown) => explainRefusedHead(bucket, key, { error, signal }));
  return (
    found && {
      key,
      sizeBytes: found.ContentLength ?? 0,
      etag: found.ETag ?? "",
      lastModified: found.LastModified ?? new Date(0),
    }
  );
}

/**
 * The reply to a HEAD has no body, so a refusal cannot say whether the key, the region or the clock is wrong. The same
 * question as a GET is told.
 */
async function explainRefusedHead(
  bucket: Bucket,
  key: string,
  { error, signal }: { readonly error: unknown; readonly signal: AbortSignal },
): Promise<never> {
  if (![301, 400, 401, 403].includes(statusOf(error) ?? 0)) throw error;
  const input = { ...bucket.at(key), Range: "bytes=0-0" };
  const asked = bucket.request(signal, async (options) => {
    const { Body } = await bucket.client.send(new GetObjectCommand(input), options);
    await Body?.transformToByteArray();
  });
  const reason = await asked.then(
    () => error,
    (told: unknown) => (isAbsent(told) ? error : told),
  );
  throw reason;
}

export async function headOrAbsent<T>(
  bucket: Bucket,
  signal: AbortSignal,
  call: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await bucket.request(signal, call);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Exactly the bytes asked for. A body that breaks is taken up again where it broke, from the same object. */
export async function* readObject(
  bucket: Bucket,
  key: string,
  options: GetOptions,
): AsyncGenerator<Uint8Array> {
  if (options.range?.length === 0) return await assertReadable(bucket, key, options);
  const reading = new Reading(bucket, key, options);
  for (let breaks = 0; ; breaks++) {
    try {
      for await (const chunk of reading.open()) {
        breaks = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      const failure = storeFailure(error, bucket.location);
      if (!failure.retryable || breaks === BREAKS_WITHOUT_PROGRESS) throw failure;
      await sleep(bucket.retryMs * 2 ** breaks, options.signal);
    }
  }
}

async function assertReadable(bucket: Bucket, key: string, options: GetOptions): Promise<void> {
  const info = await headObject(bucket, key, options.signal);
  if (info === undefined) throw keyAbsent(bucket.url, key);
  if (options.etag !== undefined && options.etag !== info.etag) throw objectChanged(bucket.url, key);
}

/** How far a read has come, over as many connections as it takes. */
class Reading {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #options: GetOptions;
  #etag: string | undefined;
  #position: number;
  /** undefined until the first reply has told the object's length. */
  #end: number | undefined;

  constructor(bucket: Bucket, key: string, options: GetOptions) {
    this.#bucket = bucket;
    this.#key = key;
    this.#options = options;
    this.#etag = options.etag;
    this.#position = options.range?.offset ?? 0;
    this.#end = options.range && options.range.offset + options.range.length;
  }

  async *open(): AsyncGenerator<Uint8Array> {
    const reply = await this.#send();
    if (reply === undefined) return;
    // In Node the SDK's body is a Readable: it yields Buffers, and is destroyed when the loop is left.
    const body = reply.Body as unknown as AsyncIterable<Buffer> & { destroy(): void };
    try {
      const end = this.#checkExtent(reply);
      for await (const chunk of body) {
        this.#position += chunk.length;
        if (this.#position > end) throw this.#wrongExtent();
        yield chunk;
      }
      if (this.#position === end) return;
    } finally {
      body.destroy();
    }
    throw new Failure("location-unreachable", `${this.#bucket.url}: ${this.#key} broke off`, {
      retryable: true,
    });
  }

  /**
   * Even the whole is asked for as a range: the reply then tells the object's length apart from its own, so one that
   * was cut short on the way shows. undefined: the object is empty, of which there is no range.
   */
  async #send(): Promise<GetObjectCommandOutput | undefined> {
    const last = this.#end === undefined ? "" : this.#end - 1;
    const condition = this.#etag === undefined ? {} : { IfMatch: this.#etag };
    const input = { ...this.#bucket.at(this.#key), Range: `bytes=${this.#position}-${last}`, ...condition };
    try {
      return await this.#bucket.request(this.#options.signal, (options) =>
        this.#bucket.client.send(new GetObjectCommand(input), options),
      );
    } catch (error) {
      if (statusOf(error) !== 416) throw this.#explain(error);
      const info = await headObject(this.#bucket, this.#key, this.#options.signal);
      if (info?.sizeBytes === 0 && this.#options.range === undefined) return undefined;
      throw objectTooShort(this.#bucket.url, this.#key);
    }
  }

  #explain(error: unknown): unknown {
    if (isAbsent(error)) return keyAbsent(this.#bucket.url, this.#key);
    if (statusOf(error) === 412) return objectChanged(this.#bucket.url, this.#key);
    return error;
  }

  /** Where to stop. A reply that starts elsewhere than asked would have other bytes taken for ours. */
  #checkExtent({ ContentRange, ContentLength, ETag }: GetObjectCommandOutput): number {
    const told = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange ?? "");
    const [start, total] = told ? [Number(told[1]), Number(told[2])] : [0, ContentLength];
    if (start !== this.#position || total === undefined) throw this.#wrongExtent();
    if (this.#etag !== undefined && this.#etag !== ETag) throw objectChanged(this.#bucket.url, this.#key);
    this.#etag = ETag;
    this.#end ??= total;
    if (total < this.#end) throw objectTooShort(this.#bucket.url, this.#key);
    return this.#end;
  }

  #wrongExtent(): Failure {
    return new Failure(
      "location-error",
      `${this.#bucket.url}: the store sent other bytes of ${this.#key} than asked for`,
    );
  }
}
