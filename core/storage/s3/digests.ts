import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** What is known of bytes that were sent, in the forms in which a store may confirm them. */
export interface SentObject {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The ETag of a store that uses MD5: of the bytes, or of the parts' MD5s with their count behind a dash. */
  readonly md5Etag: string;
  /** Forms of the CRC-32 that a store may tell: of the whole, and of the parts' with their count. */
  readonly crc32s: readonly string[];
}

export interface PieceDigest {
  readonly md5: Buffer;
  readonly crc32: Buffer;
}

export function digestPiece(bytes: Uint8Array): PieceDigest {
  return { md5: createHash("md5").update(bytes).digest(), crc32: bigEndian(crc32(bytes)) };
}

export function describeWhole(bytes: Uint8Array, digest: PieceDigest): SentObject {
  return {
    sizeBytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    md5Etag: digest.md5.toString("hex"),
    crc32s: [digest.crc32.toString("base64")],
  };
}

/** Digests of an object that is sent in parts. */
export class RunningDigest {
  readonly #sha256: Hash = createHash("sha256");
  #crc32 = 0;
  sizeBytes = 0;

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#crc32 = crc32(bytes, this.#crc32);
    this.sizeBytes += bytes.length;
  }

  /** Ends it. The composite forms are those of Amazon S3 (user guide, "Checking object integrity"). */
  describe(parts: readonly PieceDigest[]): SentObject {
    const md5 = createHash("md5")
      .update(Buffer.concat(parts.map((part) => part.md5)))
      .digest("hex");
    const composite = bigEndian(crc32(Buffer.concat(parts.map((part) => part.crc32)))).toString("base64");
    const whole = bigEndian(this.#crc32).toString("base64");
    return {
      sizeBytes: this.sizeBytes,
      sha256: this.#sha256.digest("hex"),
      md5Etag: `${md5}-${parts.length}`,
      crc32s: [whole, composite, `${composite}-${parts.length}`],
    };
  }
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
