/**
 * The last bytes of an index: an empty gzip member (RFC 1952) whose extra field says where the table lies. Tools that
 * unpack the whole file see nothing of it. eStargz finds its table of contents in the same way.
 *
 * 10 bytes of header with the flag FEXTRA, 2 bytes length of the extra field (20), `KB`, 2 bytes length (16), offset
 * and length of the table's member (u64 little endian each), an empty deflate block (03 00), checksum and size (0).
 */
export const FOOTER_BYTES = 42;

export interface TablePlace {
  readonly offset: number;
  readonly length: number;
}

const HEAD = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 20, 0, 0x4b, 0x42, 16, 0]);
const TAIL = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

export function encodeFooter(table: TablePlace): Buffer {
  const place = Buffer.alloc(16);
  place.writeBigUInt64LE(BigInt(table.offset), 0);
  place.writeBigUInt64LE(BigInt(table.length), 8);
  return Buffer.concat([HEAD, place, TAIL]);
}

/** Undefined unless every byte is as `encodeFooter` writes it. */
export function decodeFooter(bytes: Uint8Array): TablePlace | undefined {
  const footer = Buffer.from(bytes);
  if (footer.length !== FOOTER_BYTES) return undefined;
  const table = { offset: Number(footer.readBigUInt64LE(16)), length: Number(footer.readBigUInt64LE(24)) };
  return encodeFooter(clamped(table)).equals(footer) ? table : undefined;
}

/** Beyond 2^53 the round trip differs from what was read, and the footer is refused. */
function clamped({ offset, length }: TablePlace): TablePlace {
  return {
    offset: Math.min(offset, Number.MAX_SAFE_INTEGER),
    length: Math.min(length, Number.MAX_SAFE_INTEGER),
  };
}
