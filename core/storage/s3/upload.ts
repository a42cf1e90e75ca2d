import type { StoredObject, Upload } from "#core/storage/object-store.ts";
import type { Bucket } from "./bucket.ts";
import { RunningDigest } from "./digests.ts";
import {
  abortMultipart,
  completeMultipart,
  createMultipart,
  openMultiparts,
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
  readonly #startedAt = Date.now();
  #buffer: Buffer;
  #filled = 0;
  #partNumber = 1;
  #uploadId: Promise<string> | undefined;
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
    this.#assertGoing();
    const rest = this.#buffer.subarray(0, this.#filled);
    if (this.#uploadId === undefined) {
      return putObject(this.#bucket, { key: this.#key, body: rest }, this.#signal);
    }
    this.#send(rest);
    await Promise.all(this.#sending);
    this.#assertGoing();
    const parts = this.#parts.toSorted((a, b) => a.number - b.number);
    const sent = this.#digest.describe(parts.map((part) => part.digest));
    const upload = { key: this.#key, uploadId: await this.#uploadId, parts, sent };
    return completeMultipart(this.#bucket, upload, this.#signal);
  }

  async abort(): Promise<void> {
    this.#stop.abort(new Error("the upload was aborted"));
    await Promise.all(this.#sending);
    if (this.#uploadId === undefined) return;
    const signal = AbortSignal.timeout(ABORT_TIMEOUT_MS);
    const uploadId = await this.#uploadId.catch(() => undefined);
    if (uploadId !== undefined) return abortMultipart(this.#bucket, { key: this.#key, uploadId }, signal);
    await this.#abortUnnamed(signal);
  }

  /** The reply that would have named the upload never came: what was begun for this key since then is it. */
  async #abortUnnamed(signal: AbortSignal): Promise<void> {
    // Between clocks a minute may lie; the key is this run's own.
    const since = this.#startedAt - 60_000;
    for await (const open of openMultiparts(this.#bucket, this.#key, signal)) {
      if (open.key !== this.#key || open.initiated.getTime() < since) continue;
      await abortMultipart(this.#bucket, open, signal);
    }
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
    this.#uploadId ??= createMultipart(this.#bucket, this.#key, this.#signal);
    const uploadId = await this.#uploadId;
    const part = { key: this.#key, uploadId, number, body };
    this.#parts.push(await sendPart(this.#bucket, part, this.#signal));
    this.#spareBuffers.push(body);
  }

  #assertGoing(): void {
    this.#signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
