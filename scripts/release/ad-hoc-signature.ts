import { createHash } from "node:crypto";
import { announceSignature, readMachO, segmentNamed } from "./mach-o.ts";

/**
 * An ad-hoc signature, as linkers give one to a new program: a SuperBlob with nothing but a CodeDirectory, which holds a
 * SHA-256 of each page (Apple's cs_blobs.h; numbers are big-endian). It says who a program is by its content and names
 * nobody; that is what macOS on arm64 asks for.
 */
const SUPER_BLOB = { magic: 0xfade0cc0, headerSize: 20 } as const;
const CODE_DIRECTORY = { magic: 0xfade0c02, version: 0x20400, headerSize: 88 } as const;
const AD_HOC = 0x2;
const LINKER_SIGNED = 0x20000;
const SHA_256 = { type: 2, size: 32 } as const;
const PAGE_BITS = 12;
const MAIN_BINARY = 1n;
const ALIGNMENT = 16;

export function signAdHoc(unsigned: Buffer, identifier: string): Buffer {
  const machO = readMachO(unsigned);
  if (machO.signature !== undefined) throw new Error("signed already");
  const linkEdit = segmentNamed(machO, "__LINKEDIT");
  if (linkEdit.fileOffset + linkEdit.fileSize !== unsigned.length)
    throw new Error("__LINKEDIT is not the end of the file");
  const codeLimit = alignUp(unsigned.length);
  const text = segmentNamed(machO, "__TEXT");
  const identity = Buffer.from(`${identifier}\0`, "latin1");
  const pages = Math.ceil(codeLimit / (1 << PAGE_BITS));
  const size = SUPER_BLOB.headerSize + CODE_DIRECTORY.headerSize + identity.length + pages * SHA_256.size;
  const signed = Buffer.alloc(codeLimit + alignUp(size));
  unsigned.copy(signed);
  announceSignature(signed, machO, { offset: codeLimit, size: alignUp(size) });
  // Only now: the first pages hold what has just been announced.
  const hashes = pageHashes(signed.subarray(0, codeLimit));
  const directory = codeDirectory({ codeLimit, identity, hashes, textSize: text.fileSize });
  Buffer.concat([superBlobHeader(directory.length), directory]).copy(signed, codeLimit);
  return signed;
}

function alignUp(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

export function pageHashes(code: Buffer): readonly Buffer[] {
  const page = 1 << PAGE_BITS;
  return Array.from({ length: Math.ceil(code.length / page) }, (_, index) =>
    createHash("sha256")
      .update(code.subarray(index * page, (index + 1) * page))
      .digest(),
  );
}

function superBlobHeader(directorySize: number): Buffer {
  const header = Buffer.alloc(SUPER_BLOB.headerSize);
  const codeDirectorySlot = 0;
  const fields = [
    SUPER_BLOB.magic,
    header.length + directorySize,
    1,
    codeDirectorySlot,
    SUPER_BLOB.headerSize,
  ];
  fields.forEach((field, index) => {
    header.writeUInt32BE(field, index * 4);
  });
  return header;
}

interface Signed {
  readonly codeLimit: number;
  readonly identity: Buffer;
  readonly hashes: readonly Buffer[];
  readonly textSize: number;
}

function codeDirectory({ codeLimit, identity, hashes, textSize }: Signed): Buffer {
  const header = Buffer.alloc(CODE_DIRECTORY.headerSize);
  const hashOffset = header.length + identity.length;
  const noSpecialSlots = 0;
  const fields = [
    CODE_DIRECTORY.magic,
    hashOffset + hashes.length * SHA_256.size,
    CODE_DIRECTORY.version,
    AD_HOC | LINKER_SIGNED,
    hashOffset,
    header.length,
    noSpecialSlots,
    hashes.length,
    codeLimit,
  ];
  fields.forEach((field, index) => {
    header.writeUInt32BE(field, index * 4);
  });
  header.writeUInt8(SHA_256.size, 36);
  header.writeUInt8(SHA_256.type, 37);
  header.writeUInt8(PAGE_BITS, 39);
  // Executable segment: base 0, its size, and that this is the main program.
  header.writeBigUInt64BE(BigInt(textSize), 72);
  header.writeBigUInt64BE(MAIN_BINARY, 80);
  return Buffer.concat([header, identity, ...hashes]);
}
