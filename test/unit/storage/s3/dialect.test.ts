import { expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import type { S3Location } from "#core/storage/s3/client.ts";
import { Dialect } from "#core/storage/s3/dialect.ts";
import { digestPiece } from "#core/storage/s3/digests.ts";

const location: S3Location = {
  type: "s3",
  url: "s3://b",
  bucket: "b",
  prefix: "",
  pathStyle: true,
  readOnly: false,
};
const custom = { ...location, endpoint: "http://localhost" };
const digest = digestPiece(Buffer.from("x"));
const refusal = (status: number, reason: string, message = "no") =>
  new Failure("location-error", message, { reply: { status, reason } });

test("a digest goes with every put: CRC-32 on AWS, Content-MD5 on other servers, as the location says else", () => {
  expect(new Dialect(location).digestHeader(digest)).toHaveProperty("ChecksumCRC32");
  expect(new Dialect(custom).digestHeader(digest)).toHaveProperty("ContentMD5");
  expect(new Dialect({ ...custom, checksums: "WHEN_SUPPORTED" }).digestHeader(digest)).toHaveProperty(
    "ChecksumCRC32",
  );
  expect(new Dialect({ ...location, checksums: "WHEN_REQUIRED" }).digestHeader(digest)).toHaveProperty(
    "ContentMD5",
  );
});

test("a digest that is refused gives way to the other, once", () => {
  const dialect = new Dialect(custom);
  const error = refusal(400, "InvalidRequest", "x-amz-checksum header is required");
  expect(dialect.learn(error, dialect.lessons)).toBe(true);
  expect(dialect.digestHeader(digest)).toHaveProperty("ChecksumCRC32");
  expect(dialect.learn(error, dialect.lessons)).toBe(false);
});

test("a server that refuses conditions is asked without them", () => {
  const dialect = new Dialect(custom);
  expect(dialect.condition).toEqual({ IfNoneMatch: "*" });
  expect(dialect.learn(refusal(501, "NotImplemented"), dialect.lessons)).toBe(true);
  expect(dialect.condition).toEqual({});
  expect(dialect.learn(refusal(501, "NotImplemented"), dialect.lessons)).toBe(false);
});

test("requests beside each other are refused for one reason: the first teaches for all", () => {
  const dialect = new Dialect(custom);
  const error = refusal(400, "InvalidRequest", "x-amz-checksum header is required");
  const sentAt = dialect.lessons;
  expect([dialect.learn(error, sentAt), dialect.learn(error, sentAt)]).toEqual([true, true]);
  expect(dialect.digestHeader(digest)).toHaveProperty("ChecksumCRC32");
  expect(dialect.learn(error, dialect.lessons)).toBe(false);
});

test("other refusals teach nothing", () => {
  const dialect = new Dialect(custom);
  for (const error of [refusal(403, "AccessDenied"), refusal(400, "InvalidRequest"), new Error("checksum")]) {
    expect(dialect.learn(error, dialect.lessons)).toBe(false);
  }
});
