import { gzipSync } from "node:zlib";
import { type LogLevel, logLine } from "#core/format/side-files.ts";

const MEMBER_CHARACTERS = 256 * 1024;
/** Lines shrink about twentyfold: this is over half a gigabyte of them. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The log of a run, compressed while it is collected, so that it stays small in memory and never lies on the disk. */
export class LogBook {
  readonly #now: () => Date;
  readonly #maxBytes: number;
  readonly #members: Uint8Array[] = [];
  #compressedBytes = 0;
  #text = "";
  #leftOut = 0;

  constructor(now: () => Date, maxBytes: number = MAX_BYTES) {
    this.#now = now;
    this.#maxBytes = maxBytes;
  }

  add(level: LogLevel, text: string): void {
    if (this.#compressedBytes >= this.#maxBytes) {
      this.#leftOut += 1;
      return;
    }
    this.#text += logLine(this.#now(), level, text);
    if (this.#text.length >= MEMBER_CHARACTERS) this.#close();
  }

  /** A gzip file. */
  bytes(): Uint8Array {
    if (this.#leftOut > 0) {
      this.#text += logLine(this.#now(), "warning", `the log is full: ${this.#leftOut} lines were left out`);
      this.#leftOut = 0;
    }
    this.#close();
    return Buffer.concat(this.#members);
  }

  #close(): void {
    const member = gzipSync(this.#text);
    this.#members.push(member);
    this.#compressedBytes += member.length;
    this.#text = "";
  }
}
