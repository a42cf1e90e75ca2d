import { readMachO } from "#scripts/release/mach-o.ts";

/** The CodeDirectory with SHA-256 in a signed Mach-O file, read by Apple's cs_blobs.h; numbers are big-endian. */
export function readCodeDirectory(file: Buffer) {
  const { signature } = readMachO(file);
  if (signature === undefined) throw new Error("not signed");
  const blob = file.subarray(signature.offset, signature.offset + signature.size);
  if (blob.readUInt32BE(0) !== 0xfade0cc0) throw new Error("no SuperBlob");
  const offsets = Array.from({ length: blob.readUInt32BE(8) }, (_, index) =>
    blob.readUInt32BE(16 + index * 8),
  );
  const found = offsets
    .map((offset) => blob.subarray(offset, offset + blob.readUInt32BE(offset + 4)))
    .find((one) => one.readUInt32BE(0) === 0xfade0c02 && one.readUInt8(37) === 2);
  if (found === undefined) throw new Error("no CodeDirectory with SHA-256");
  return directory(found);
}

function directory(blob: Buffer) {
  const at = { hashes: blob.readUInt32BE(16), identifier: blob.readUInt32BE(20) };
  const hashSize = blob.readUInt8(36);
  return {
    version: blob.readUInt32BE(8),
    flags: blob.readUInt32BE(12),
    identifier: blob.toString("latin1", at.identifier, blob.indexOf(0, at.identifier)),
    codeLimit: blob.readUInt32BE(32),
    hashSize,
    pageBits: blob.readUInt8(39),
    executable: {
      base: blob.readBigUInt64BE(64),
      size: blob.readBigUInt64BE(72),
      flags: blob.readBigUInt64BE(80),
    },
    hashes: Array.from({ length: blob.readUInt32BE(28) }, (_, index) =>
      blob.subarray(at.hashes + index * hashSize, at.hashes + (index + 1) * hashSize).toString("hex"),
    ),
  };
}
