import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeWhole, digestPiece, RunningDigest } from "#core/storage/s3/digests.ts";

test("the known digests of known bytes come out in the forms that S3 uses", () => {
  const bytes = Buffer.from("123456789");
  expect(describeWhole(bytes, digestPiece(bytes))).toEqual({
    sizeBytes: 9,
    sha256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
    md5Etag: "25f9e794323b453885f5181f1b624d0b",
    // CRC-32's check value is cbf43926.
    crc32s: [Buffer.from("cbf43926", "hex").toString("base64")],
  });
});

test("digests of parts add up to those of the whole", () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(parts, (pieces) => {
      const whole = Buffer.concat(pieces);
      const running = new RunningDigest();
      for (const piece of pieces) running.update(piece);
      const sent = running.describe(pieces.map(digestPiece));
      const { sha256, crc32s, sizeBytes } = describeWhole(whole, digestPiece(whole));
      expect(sent).toMatchObject({ sizeBytes, sha256 });
      expect(sent.crc32s[0]).toBe(crc32s[0]);
      const md5s = Buffer.concat(pieces.map((piece) => createHash("md5").update(piece).digest()));
      expect(sent.md5Etag).toBe(`${createHash("md5").update(md5s).digest("hex")}-${pieces.length}`);
    }),
  );
});
