const MIB = 1024 * 1024;

/** S3 takes parts of 5 MiB to 5 GiB, 10,000 of them at most. */
const FIRST_BYTES = 6 * MIB;
const LAST_BYTES = 5 * 1024 * MIB;
/**
 * The first 5,000 parts, 29 GiB, are of one size (some servers want all parts alike, and memory is a few parts); from
 * then on the size doubles every 500: 6 MiB × (5,000 + 500 × (2 + 4 + … + 512)) + 500 × 5 GiB = 5.4 TiB, above S3's 5.
 */
const EVEN_PARTS = 5000;
const PARTS_PER_DOUBLING = 500;

/** Bytes of the part with this number (from 1). */
export function partSize(number: number): number {
  const doublings = Math.max(0, Math.ceil((number - EVEN_PARTS) / PARTS_PER_DOUBLING));
  return Math.min(LAST_BYTES, FIRST_BYTES * 2 ** doublings);
}
