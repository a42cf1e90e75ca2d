import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";

/**
 * One gzip member at a time, on the thread pool. Level 1: on objects as clusters hold them level 6 makes the archive
 * 6 % smaller for 2.5 times the time, which the API server on the same machine would miss.
 */
const LEVEL = constants.Z_BEST_SPEED;

/** Where the output grows in small steps, each step is a trip through the thread pool: half the time at 16 KiB. */
const STEP_BYTES = 256 * 1024;
/** A larger input is one large item, often a Secret that hardly shrinks: pieces would have to be put together again. */
const PIECEWISE_BYTES = 1024 * 1024;

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** The input must stay untouched until it resolves. */
export async function compressMember(bytes: Uint8Array): Promise<Uint8Array> {
  return await compress(bytes, { level: LEVEL, chunkSize: stepBytes(bytes.length) });
}

/** zlib's bound for what cannot be compressed is 0.03 % and a few bytes. */
function stepBytes(inputBytes: number): number {
  return inputBytes > PIECEWISE_BYTES ? Math.ceil(inputBytes * 1.001) + 64 : STEP_BYTES;
}

/** Rejects with zlib's error where the bytes are no gzip, fail their checksum or hold more than `capBytes`. */
export async function expandMember(bytes: Uint8Array, capBytes: number): Promise<Uint8Array> {
  const chunkSize = Math.max(1024, Math.min(declaredBytes(bytes) + 1, capBytes, 2 * 1024 * 1024));
  return await expand(bytes, { maxOutputLength: capBytes, chunkSize });
}

/** RFC 1952: the last four bytes say how much comes out (modulo 2^32). A hint for the first buffer, never trusted. */
function declaredBytes(bytes: Uint8Array): number {
  if (bytes.length < 18) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
}
