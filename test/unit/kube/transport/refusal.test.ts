import { describe, expect, it } from "vitest";
import { failureOf, readRefusal, refusalOfStatus, writeReplyOf } from "#core/kube/transport/refusal.ts";
import type { IncomingReply } from "#core/kube/transport/wire.ts";

function reply(status: number, text: string, headers: Readonly<Record<string, string>> = {}): IncomingReply {
  return {
    status,
    header: (name) => headers[name],
    body: (async function* () {
      yield Buffer.from(text);
    })(),
    discard: () => undefined,
  };
}

const expired = {
  kind: "Status",
  metadata: { continue: "go-on" },
  reason: "Expired",
  message: "too old",
  code: 410,
  details: { causes: [{ reason: "ResourceVersionTooOld" }, {}] },
};

describe("a refusal", () => {
  it("is read from the API server's Status", async () => {
    expect(await readRefusal(reply(410, JSON.stringify(expired), { "retry-after": "7" }))).toEqual({
      status: 410,
      reason: "Expired",
      message: "too old",
      causes: ["ResourceVersionTooOld"],
      retryAfterSeconds: 7,
      continueToken: "go-on",
      warnings: [],
    });
  });

  it.each([
    ["service unavailable\n", "service unavailable (503)"],
    ["<html>\n <b>Bad</b></html>", "<html> <b>Bad</b></html> (503)"],
    ["", "the server answered 503"],
    ['{"kind":"Other","message":"x"}', '{"kind":"Other","message":"x"} (503)'],
  ])("is read from the plain text of whoever stands before it: %j", async (text, message) => {
    expect(await readRefusal(reply(503, text))).toMatchObject({
      status: 503,
      reason: "",
      message,
      causes: [],
    });
  });

  it("is read from the ERROR event of a watch, whose HTTP status said 200", () => {
    expect(refusalOfStatus(Buffer.from(JSON.stringify(expired)))).toMatchObject({
      status: 410,
      reason: "Expired",
    });
  });

  it.each([
    [401, "unauthorized", false],
    [403, "cluster-forbidden", false],
    [404, "kind-unknown", false],
    [429, "cluster-error", true],
    [500, "cluster-error", false],
    [503, "cluster-error", true],
  ] as const)("of status %i becomes the Failure %s", async (status, code, retryable) => {
    const failure = failureOf(await readRefusal(reply(status, "no")), "listing secrets");
    expect(failure).toMatchObject({
      code,
      retryable,
      reply: { status },
      message: `listing secrets: no (${status})`,
    });
  });

  it("of a write is data", async () => {
    const refusal = await readRefusal(reply(409, JSON.stringify({ ...expired, reason: "AlreadyExists" })));
    expect(writeReplyOf(refusal)).toMatchObject({ ok: false, status: 409, reason: "AlreadyExists" });
  });
});
