import { Failure } from "#core/model/errors.ts";
import type { ByteSink } from "./archive-writer.ts";
import { compressMember } from "./gzip-member.ts";

/** A member being filled. Numbered, since its place in the file is known only when it has been written. */
export interface OpenMember {
  readonly number: number;
  readonly buffer: Buffer;
  used: number;
}

/** What a member holds when full. Larger items are members of their own. */
export const MEMBER_BYTES = 1024 * 1024;

/** Members handed in and not yet written keep their buffers: two cores compress, the third waits for the sink. */
const UNDER_WAY = 3;

/** Eight open members and three under way; whoever adds beyond it waits. */
const HELD_BYTES = 11 * MEMBER_BYTES;

/** Buffers in use and kept for reuse together; beyond that (among items of unusual size) they are given back. */
const BUFFER_BYTES = 12 * MEMBER_BYTES;

/**
 * From filled buffers to gzip members in the sink, in the order in which they were sealed, with a bounded number of
 * bytes held. Buffers are reused: a large backup must not be a large pile of garbage.
 */
export class ArchiveMembers {
  readonly #sink: ByteSink;
  readonly #signal: AbortSignal;
  readonly #spare = new Map<number, Buffer[]>();
  readonly #sealed: OpenMember[] = [];
  /** Offset and length in the file by member number. */
  readonly #places: [offset: number, length: number][] = [];
  #spareBytes = 0;
  #heldBytes = 0;
  #underWay = 0;
  #opened = 0;
  #written = Promise.resolve();
  #waiting: PromiseWithResolvers<void> | undefined;
  #failure: unknown;
  #fileBytes = 0;

  constructor(sink: ByteSink, signal: AbortSignal) {
    this.#sink = sink;
    this.#signal = signal;
  }

  get fileBytes(): number {
    return this.#fileBytes;
  }

  /** Only of members that have been written. */
  place(number: number): readonly [offset: number, length: number] {
    const place = this.#places[number];
    if (place === undefined) throw new Error(`member ${number} has not been written`);
    return place;
  }

  open(sizeBytes: number): OpenMember {
    const capacity = Math.ceil(sizeBytes / MEMBER_BYTES) * MEMBER_BYTES;
    const spare = this.#spare.get(capacity)?.pop();
    if (spare !== undefined) this.#spareBytes -= capacity;
    this.#heldBytes += capacity;
    this.#opened += 1;
    return { number: this.#opened - 1, buffer: spare ?? Buffer.allocUnsafeSlow(capacity), used: 0 };
  }

  seal(member: OpenMember): void {
    this.#sealed.push(member);
    this.#start();
  }

  /** Rejects when an earlier member could not be written. */
  room(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#heldBytes <= HELD_BYTES || this.#underWay === 0) return undefined;
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Nothing more is written; whoever waits or drains is told. */
  stop(): void {
    this.#fail(new Failure("interrupted", "the archive was given up"));
    this.#wake();
  }

  /** Resolves when everything sealed so far has been written. */
  async drain(): Promise<void> {
    while (this.#underWay > 0 && this.#failure === undefined) await this.#written;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #start(): void {
    while (this.#underWay < UNDER_WAY) {
      const member = this.#sealed.shift();
      if (member === undefined) return;
      this.#underWay += 1;
      const compressed = compressMember(member.buffer.subarray(0, member.used));
      this.#written = Promise.all([compressed, this.#written])
        .then(([bytes]) => this.#write(member.number, bytes))
        .catch((error: unknown) => this.#fail(error))
        .then(() => this.#release(member.buffer));
    }
  }

  async #write(number: number, bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#signal.throwIfAborted();
    const { length } = bytes;
    await this.#sink.write(bytes);
    this.#places[number] = [this.#fileBytes, length];
    this.#fileBytes += length;
    free(bytes);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#sealed.length = 0;
  }

  #release(buffer: Buffer): void {
    this.#underWay -= 1;
    this.#heldBytes -= buffer.length;
    this.#keep(buffer);
    this.#start();
    this.#wake();
  }

  #keep(buffer: Buffer): void {
    if (this.#heldBytes + this.#spareBytes + buffer.length > BUFFER_BYTES) return;
    const spare = this.#spare.get(buffer.length) ?? [];
    spare.push(buffer);
    this.#spare.set(buffer.length, spare);
    this.#spareBytes += buffer.length;
  }

  #wake(): void {
    if (this.#waiting === undefined) return;
    if (this.#failure !== undefined) this.#waiting.reject(this.#failure);
    else if (this.#heldBytes <= HELD_BYTES || this.#underWay === 0) this.#waiting.resolve();
    else return;
    this.#waiting = undefined;
  }
}

/** Smaller ones lie in a pool that Node shares between buffers. */
const OWN_MEMORY_BYTES = 256 * 1024;

/** Gives memory back at once: the collector would come when tens of MiB of it have piled up. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (byteLength >= OWN_MEMORY_BYTES && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
