import { expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { storeFailure } from "#core/storage/s3/errors.ts";

const place = { url: "s3://bucket/x", bucket: "bucket" };

/** As the SDK throws what a server answered. */
function answered(status: number, name: string, more: object = {}): Error {
  return Object.assign(new Error(`${name} said`), { name, $metadata: { httpStatusCode: status } }, more);
}

/** The SDK marks every error of a machine whose clock it has corrected, whatever its reason. */
const clockLearned = (status: number) => ({
  $metadata: { httpStatusCode: status, clockSkewCorrected: true },
});

const socket = (code: string) => Object.assign(new Error(code), { code });

test.each([
  [answered(404, "NoSuchBucket"), "location-missing", false],
  [answered(403, "AccessDenied"), "location-forbidden", false],
  [answered(403, "InvalidAccessKeyId"), "location-forbidden", false],
  [answered(404, "XAdminUserNotFound"), "location-forbidden", false],
  [answered(403, "SignatureDoesNotMatch"), "location-forbidden", false],
  [answered(403, "Unknown"), "location-forbidden", false],
  [answered(400, "ExpiredToken"), "location-forbidden", false],
  [Object.assign(new Error("none"), { name: "CredentialsProviderError" }), "location-forbidden", false],
  [answered(301, "PermanentRedirect"), "location-wrong-region", false],
  [answered(400, "AuthorizationHeaderMalformed"), "location-wrong-region", false],
  [new Error("Region is missing"), "location-wrong-region", false],
  [answered(403, "RequestTimeTooSkewed"), "location-clock-skew", false],
  [answered(403, "RequestTimeTooSkewed", clockLearned(403)), "location-clock-skew", true],
  [answered(403, "Unknown", clockLearned(403)), "location-forbidden", true],
  [answered(403, "AccessDenied", clockLearned(403)), "location-forbidden", false],
  [answered(404, "NotFound", clockLearned(404)), "location-error", false],
  [answered(507, "XMinioStorageFull"), "location-full", false],
  [answered(507, "Unknown"), "location-full", false],
  [answered(403, "QuotaExceeded"), "location-full", false],
  [answered(503, "SlowDown"), "location-unreachable", true],
  [answered(429, "Unknown"), "location-unreachable", true],
  [answered(500, "InternalError"), "location-error", true],
  [answered(501, "NotImplemented"), "location-error", false],
  [answered(400, "InvalidRequest"), "location-error", false],
  [answered(409, "ConditionalRequestConflict"), "location-error", true],
  [answered(200, "SyntaxError"), "location-unreachable", true],
  [socket("ECONNREFUSED"), "location-unreachable", true],
  [socket("ECONNRESET"), "location-unreachable", true],
  [socket("ERR_STREAM_PREMATURE_CLOSE"), "location-unreachable", true],
  [socket("ENOTFOUND"), "location-unreachable", false],
  [socket("SELF_SIGNED_CERT_IN_CHAIN"), "location-unreachable", false],
  [Object.assign(new Error("slow"), { name: "TimeoutError" }), "location-unreachable", true],
] as const)("%s is %s (retryable: %s)", (error, code, retryable) => {
  const failure = storeFailure(error, place);
  expect(failure).toMatchObject({ code, retryable });
  expect(failure.message).toContain("s3://bucket/x");
});

test.each([
  ["a header", { $response: { headers: { "x-amz-bucket-region": "eu-west-1" } } }],
  ["the body", { Region: "eu-west-1" }],
  ["the message", { message: "the region 'us-east-1' is wrong; expecting 'eu-west-1'" }],
])("the right region is taken from %s", (_, more) => {
  const failure = storeFailure(answered(400, "AuthorizationHeaderMalformed", more), place);
  expect(failure.hint).toContain("?region=eu-west-1");
});

test("the store's Retry-After is kept for the next try", () => {
  const error = answered(503, "SlowDown", { $response: { headers: { "retry-after": "7" } } });
  expect(storeFailure(error, place).reply).toEqual({ status: 503, reason: "SlowDown", retryAfterSeconds: 7 });
});

test("what a server attaches to an error goes nowhere: neither message nor cause holds it", () => {
  const error = answered(403, "SignatureDoesNotMatch", {
    StringToSign: "hunter2",
    $response: { headers: { authorization: "hunter2" }, body: "hunter2" },
  });
  const failure = storeFailure(error, place);
  expect(
    JSON.stringify([failure, failure.message, failure.cause, Object.entries(Object(failure.cause))]),
  ).not.toContain("hunter2");
});

test("a login that is over is told with the command that renews it", () => {
  const error = Object.assign(new Error("invalid. run 'aws sso login'\nhunter2"), {
    name: "CredentialsProviderError",
  });
  const failure = storeFailure(error, place);
  expect(failure.hint).toContain("aws sso login");
  expect(String(failure.cause)).not.toContain("hunter2");
});

test("a Failure passes through unchanged", () => {
  const failure = new Failure("key-absent", "x");
  expect(storeFailure(failure, place)).toBe(failure);
});
