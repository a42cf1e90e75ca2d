import { Failure } from "#core/model/errors.ts";
import type { S3Location } from "./client.ts";
import type { PieceDigest } from "./digests.ts";

/** Which digest goes with every put and part. */
export type DigestHeader = { readonly ContentMD5: string } | { readonly ChecksumCRC32: string };

/**
 * What this server has shown to understand. A digest goes with every put and part, as object lock demands: the old
 * Content-MD5 where the location is on WHEN_REQUIRED (every S3-compatible server has known it from the start, while
 * the newer checksum headers break several), CRC-32 else. Either gives way to the other when it is refused:
 * that shows at a run's first write, a plain put. An upload in parts cannot change over, its parts are of one kind.
 */
export class Dialect {
  /** Whether If-None-Match is sent at all; some servers refuse the header. */
  sendsConditions = true;
  /** Found by the probe; undefined: not probed. */
  honoured: { readonly put: boolean; readonly upload: boolean } | undefined;
  #digest: "md5" | "crc32";
  #mayChangeDigest = true;
  #lessons = 0;

  constructor(location: S3Location) {
    const mode = location.checksums ?? (location.endpoint === undefined ? "WHEN_SUPPORTED" : "WHEN_REQUIRED");
    this.#digest = mode === "WHEN_REQUIRED" ? "md5" : "crc32";
    // Amazon S3 itself keeps conditions on both.
    if (location.endpoint === undefined) this.honoured = { put: true, upload: true };
  }

  get uploadAlgorithm(): { readonly ChecksumAlgorithm?: "CRC32" } {
    return this.#digest === "crc32" ? { ChecksumAlgorithm: "CRC32" } : {};
  }

  get condition(): { readonly IfNoneMatch?: "*" } {
    return this.sendsConditions ? { IfNoneMatch: "*" } : {};
  }

  digestHeader(digest: PieceDigest): DigestHeader {
    if (this.#digest === "md5") return { ContentMD5: digest.md5.toString("base64") };
    return { ChecksumCRC32: digest.crc32.toString("base64") };
  }

  /** Grows with everything learnt. */
  get lessons(): number {
    return this.#lessons;
  }

  /**
   * Whether the refused request, put differently, may succeed. `lessons` is what had been learnt when it was sent:
   * requests beside each other are refused for the same reason, and the first teaches for all.
   */
  learn(error: unknown, lessons: number): boolean {
    if (!(error instanceof Failure) || error.reply === undefined) return false;
    const { status, reason } = error.reply;
    const aboutConditions = status === 501 || reason === "NotImplemented";
    const aboutDigest = status === 400 && /checksum|content-md5/i.test(`${reason} ${error.message}`);
    if (!aboutConditions && !aboutDigest) return false;
    if (lessons < this.#lessons) return true;
    return aboutConditions ? this.#dropConditions() : this.#changeDigest();
  }

  #dropConditions(): boolean {
    if (!this.sendsConditions) return false;
    this.sendsConditions = false;
    this.#lessons++;
    return true;
  }

  #changeDigest(): boolean {
    if (!this.#mayChangeDigest) return false;
    this.#mayChangeDigest = false;
    this.#digest = this.#digest === "md5" ? "crc32" : "md5";
    this.#lessons++;
    return true;
  }
}
