import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { parseLocation } from "#core/storage/parse-location.ts";

function refusal(text: string): { message: string; hint: string } {
  try {
    parseLocation(text);
  } catch (error) {
    if (error instanceof Failure && error.code === "usage")
      return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

test("a file URL names a folder", () => {
  const url = "file:///srv/my%20backups";
  expect(parseLocation(url)).toEqual({ type: "file", url, path: "/srv/my backups", readOnly: false });
  expect(parseLocation("file:///srv?readOnly=true")).toMatchObject({ path: "/srv", readOnly: true });
});

test("an S3 URL tells bucket, prefix and how to reach it", () => {
  const url =
    "s3://bucket/some/prefix/?region=eu-west-1&endpoint=https://minio:9000&profile=p&checksums=when_supported" +
    "&sse=aws:kms&kmsKeyId=k&objectLock=governance,30d&ca=/ca.pem&readOnly=true";
  expect(parseLocation(url)).toEqual({
    type: "s3",
    url,
    bucket: "bucket",
    prefix: "some/prefix",
    region: "eu-west-1",
    endpoint: "https://minio:9000",
    pathStyle: true,
    profile: "p",
    checksums: "WHEN_SUPPORTED",
    sse: "aws:kms",
    kmsKeyId: "k",
    objectLock: { mode: "GOVERNANCE", days: 30 },
    caFile: "/ca.pem",
    readOnly: true,
  });
});

test("path style is the default with an endpoint only, and can be chosen", () => {
  expect(parseLocation("s3://bucket")).toMatchObject({ prefix: "", pathStyle: false });
  expect(parseLocation("s3://bucket?endpoint=http://x")).toMatchObject({ pathStyle: true });
  expect(parseLocation("s3://bucket?endpoint=http://x&pathStyle=false")).toMatchObject({ pathStyle: false });
});

test("a plain path is refused, and the hint is the URL to write", () => {
  expect(refusal("/srv/backups").hint).toBe("write file:///srv/backups");
  expect(refusal("./x y").hint).toMatch(/^write file:\/\/\/.*\/x%20y$/);
  expect(refusal("a/b").hint).toMatch(/^write file:\/\//);
});

test.each([
  ["s3:/backups", "write s3://backups"],
  ["s3:backups/prod?region=eu-west-1", "write s3://backups/prod?region=eu-west-1"],
  ["s3//backups", "write s3://backups"],
  ["S3:/backups", "write s3://backups"],
  ["file:/srv/backups", "write file:///srv/backups"],
  ["file//srv/backups", "write file:///srv/backups"],
])("%s is a mistyped URL, not a path: %s", (text, hint) => {
  expect(refusal(text)).toEqual({ message: `${text} is not a location`, hint });
});

test("file: without a slash means a folder from here, as a shell would", () => {
  expect(refusal("file:backups").hint).toBe(`write ${pathToFileURL(resolve("backups"))}`);
});

test("an option of a mistyped file URL stays an option in the hint, and ~ is the home folder, as to a shell", () => {
  const folder = pathToFileURL(resolve("backups"));
  expect(refusal("file:backups?readOnly=true").hint).toBe(`write ${folder}?readOnly=true`);
  expect(refusal("file:backups?readonly=true").message).toContain("no ?readonly=");
  const home = pathToFileURL(join(homedir(), "x"));
  expect(refusal("file:~/x").hint).toBe(`write ${home}`);
  expect(refusal("~/x").hint).toBe(`write ${home}`);
  expect(refusal("./~/x").hint).toBe(`write ${pathToFileURL(resolve("~/x"))}`);
});

test("a scheme in capitals means the same", () => {
  expect(parseLocation("S3://bucket/x")).toMatchObject({ type: "s3", bucket: "bucket", prefix: "x" });
});

test("credentials are refused wherever they are put, and not repeated", () => {
  for (const text of [
    "s3://KEYID:hunter2@bucket/x",
    "s3://bucket?secretAccessKey=hunter2",
    "s3://bucket?accessKeyId=hunter2",
    "s3://bucket?sessionToken=hunter2",
    "s3://bucket?password=hunter2",
    "s3://bucket?endpoint=https://u:hunter2@minio",
    "file://u:hunter2@host/x",
    "ht!tp://u:hunter2@x",
    "s3:/KEYID:hunter2@bucket",
    "s3:bucket?secretAccessKey=hunter2",
    // Such keys often hold a slash.
    "s3://KEYID:ab/hunter2@bucket/x",
    "s3://KEYID:12/hunter2@bucket",
    "s3://KEYID/hunter2@bucket",
    "s3:/KEYID:hunter2/ab@bucket",
    "s3//KEYID:hunter2/ab@bucket",
    "https://KEYID:ab/hunter2@bucket",
    "https://KEYID:12/hunter2@bucket#x",
    "KEYID:hunter2/ab@bucket",
    "KEYID:ab/hunter2@bucket/x",
    "KEYID:hunter2@bucket",
  ]) {
    const { message, hint } = refusal(text);
    expect(message + hint).not.toContain("hunter2");
  }
});

test("a path or file URL with an @ is not taken for credentials", () => {
  for (const text of ["C:\\x@y", "C:/x@y", "./a:b@c", "a/b:c@d", "~/a:b@c", "user@host:/x"])
    expect(refusal(text).message).toContain("is a path");
  expect(parseLocation("file:///srv/a:b@c")).toMatchObject({ path: "/srv/a:b@c" });
});

test("an unknown option is refused with the nearest one", () => {
  expect(refusal("s3://bucket?reigon=eu").hint).toContain("?region=");
  expect(refusal("s3://bucket?pathstyle=true").hint).toContain("?pathStyle=");
  expect(refusal("file:///x?region=eu").message).toContain("?region=");
});

test.each([
  ["s3://bucket?region=a&region=b", "twice"],
  ["s3://bucket?region=", "empty"],
  ["s3://bucket?pathStyle=yes", "neither true nor false"],
  ["s3://bucket?endpoint=minio:9000", "not an address"],
  ["s3://bucket?checksums=never", "unknown"],
  ["s3://bucket?objectLock=30d", "not understood"],
  ["s3://bucket?objectLock=GOVERNANCE,0d", "not understood"],
  ["s3://bucket/a//b", "prefix"],
  ["s3://bucket/../b%2f..", "prefix"],
  ["s3://bucket/%ff", "prefix"],
  ["s3://bucket:9000/x", "address"],
  ["s3:///x", "bucket"],
  ["s3://bucket/#x", "#"],
  ["gs://bucket", "gs://"],
  ["file://host/x", "folder"],
  ["file:///a%2Fb", "folder"],
  ["nonsense", "not a location"],
])("%s is refused: %s", (text, reason) => {
  expect(refusal(text).message).toContain(reason);
});

test("no text makes it throw anything but a refusal", () => {
  const text = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.string().map((tail) => `s3://bucket/${tail}`),
  );
  fc.assert(
    fc.property(text, (any) => {
      try {
        parseLocation(any);
      } catch (error) {
        expect(error).toMatchObject({ code: "usage" });
      }
    }),
  );
});
