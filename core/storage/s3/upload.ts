import type { StoredObject, Upload } from "#core/storage/object-store.ts";
import type { Bucket } from "./bucket.ts";
import { removeIfOurs } from "./confirm.ts";
import { describeWhole, digestPiece, RunningDigest, type SentObject } from "./digests.ts";
import {
  abortBegun,
  abortUnnamed,
  type CreatedMultipart,
  completeMultipart,
  createMultipart,
  type SentPart,
  sendPart,
} from "./multipart.ts";
import { partSize } from "./part-size.ts";
import { putObject } from "./put-object.ts";

/** One buffer fills while two are sent: the line never idles, and memory is three parts however slow the store. */
const PARTS_IN_FLIGHT = 2;
/** Cleaning up goes on after the run was told to stop, but not for ever. */
const ABORT_TIMEOUT_MS = 30_000;

/**
 * A streamed write. What fits into one part is one plain put at the end; more becomes a multipart upload. It is our
 * own and not lib-storage's: that one leaves uploads open after an abort and hides which reply was lost.
 */
export class S3Upload implements Upload {
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #digest = new RunningDigest();
  readonly #parts: SentPart[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #spareBuffers: Buffer[] = [];
  readonly #since = performance.now();
  #buffer: Buffer;
  #filled = 0;
  #partNumber = 1;
  #created: Promise<CreatedMultipart> | undefined;
  /** What a commit that has not succeeded may have left in the store all the same. */
  #attempted: SentObject | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(bucket: Bucket, key: string, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#key = key;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#buffer = Buffer.allocUnsafeSlow(partSize(1));
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      this.#assertGoing();
      if (this.#filled === this.#buffer.length) await this.#sendFull();
      const piece = chunk.subarray(at, at + this.#buffer.length - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      this.#digest.update(piece);
      at += piece.length;
    }
    this.#assertGoing();
  }

  async commit(): Promise<StoredObject> {
    if (this.#created !== undefined) {
      this.#send(this.#buffer.subarray(0, this.#filled));
      await Promise.all(this.#sending);
    }
    this.#assertGoing();
    const stored = await this.#publish();
    this.#attempted = undefined;
    return stored;
  }

  async #publish(): Promise<StoredObject> {
    const target = { bucket: this.#bucket, key: this.#key, signal: this.#signal };
    if (this.#created === undefined) {
      const body = this.#buffer.subarray(0, this.#filled);
      this.#attempted = describeWhole(body, digestPiece(body));
      return putObject(target.bucket, { key: target.key, body }, target.signal);
    }
    const { uploadId, mayHaveTwin } = await this.#created;
    const parts = this.#parts.toSorted((a, b) => a.number - b.number);
    const sent = this.#digest.describe(parts.map((part) => part.digest));
    this.#attempted = sent;
    const stored = await completeMultipart(
      target.bucket,
      { key: target.key, uploadId, parts, sent },
      target.signal,
    );
    if (mayHaveTwin)
      await abortUnnamed(target.bucket, { key: target.key, since: this.#since }, target.signal);
    return stored;
  }

  async abort(): Promise<void> {
    this.#stop.abort(new Error("the upload was aborted"));
    await Promise.all(this.#sending);
    const signal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
    const [created, since] = [this.#created, this.#since];
    if (created !== undefined) await abortBegun(this.#bucket, { key: this.#key, created, since }, signal);
    if (this.#attempted === undefined) return;
    await removeIfOurs(this.#bucket, { key: this.#key, sent: this.#attempted }, signal);
  }

  async #sendFull(): Promise<void> {
    this.#send(this.#buffer);
    while (this.#sending.size >= PARTS_IN_FLIGHT) await Promise.race(this.#sending);
    this.#assertGoing();
    this.#buffer = this.#nextBuffer();
    this.#filled = 0;
  }

  #nextBuffer(): Buffer {
    const size = partSize(this.#partNumber);
    const spare = this.#spareBuffers.pop();
    return spare?.length === size ? spare : Buffer.allocUnsafeSlow(size);
  }

  #send(body: Buffer): void {
    const sending: Promise<void> = this.#sendPart(this.#partNumber++, body)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async #sendPart(number: number, body: Buffer): Promise<void> {
    this.#created ??= createMultipart(this.#bucket, this.#key, this.#signal);
    const { uploadId } = await this.#created;
    const part = { key: this.#key, uploadId, number, body };
    this.#parts.push(await sendPart(this.#bucket, part, this.#signal));
    this.#spareBuffers.push(body);
  }

  #assertGoing(): void {
    this.#signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
