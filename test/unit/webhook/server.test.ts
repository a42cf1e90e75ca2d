import { once } from "node:events";
import { Agent, type RequestOptions, request } from "node:https";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { connect } from "node:tls";
import { gzipSync } from "node:zlib";
import express from "express";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { GuardFacts } from "#webhook/guard.ts";
import { answerReview } from "#webhook/guard.ts";
import { createMetrics } from "#webhook/metrics.ts";
import type { Answer } from "#webhook/review.ts";
import { createApp, createReviewServer, MOST_CONNECTIONS } from "#webhook/server.ts";

// The guard's door: what comes in is whatever somebody sends.
const NOW = new Date("2026-05-01T12:00:00Z");
const context = { signal: new AbortController().signal, now: () => NOW, onProgress: () => undefined };
const facts: GuardFacts = {
  settings: DEFAULT_SETTINGS,
  cluster: {},
  indexes: [],
  now: async () => NOW,
  monotonicMs: () => 0,
  mayUnprotect: async () => false,
  liveClaims: async () => [],
};
const troubles: string[] = [];
let broken = false;
/** What an answer waits for. */
let held: Promise<void> | undefined;
let server: ReturnType<typeof createReviewServer>;
let port: number;

beforeAll(async () => {
  const app = createApp({
    answer: async (review): Promise<Answer> => {
      await held;
      const asked = broken
        ? { ...facts, liveClaims: () => Promise.reject(new Error("no route to host")) }
        : facts;
      return answerReview(review, asked, context);
    },
    isReady: () => true,
    metrics: createMetrics(),
    beforeScrape: () => undefined,
    onAnswered: () => undefined,
    onTrouble: (message) => troubles.push(message),
  });
  server = createReviewServer(app, await issueServer(await createAuthority("test"), ["127.0.0.1"]));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has one.
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  troubles.length = 0;
  broken = false;
  held = undefined;
});

const JSON_TYPE = { "content-type": "application/json" };

/** A connection of its own for each, on which the body is still to be sent. */
function begin(options: RequestOptions) {
  const to = { host: "127.0.0.1", port, path: "/review", method: "POST" };
  return request({ ...to, rejectUnauthorized: false, agent: false, ...options });
}

/** Says how long that review is, and sends nothing of it yet. */
function beginReview(body: string) {
  return begin({ headers: { ...JSON_TYPE, "content-length": String(Buffer.byteLength(body)) } });
}

function ask(
  options: RequestOptions,
  body: string | Uint8Array = "",
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = begin(options);
    asked.on("response", async (reply) => {
      let text = "";
      for await (const chunk of reply.setEncoding("utf8")) text += chunk;
      resolve({ status: reply.statusCode ?? 0, text });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** Whether it ended in order or was reset: events.once would take the error of a reset for its own. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on("error", () => undefined).once("close", () => resolve()));
}

function review(changes: object = {}, metadata: object = {}): string {
  const oldObject = {
    metadata: { name: "prod", uid: "u", labels: { "kubectl-backup.io/protect": "true" }, ...metadata },
  };
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "review-1",
      operation: "DELETE",
      resource: { group: "", version: "v1", resource: "namespaces" },
      oldObject,
      userInfo: { username: "alice" },
      ...changes,
    },
  });
}

async function verdict(body: string) {
  const { status, text } = await ask({ headers: JSON_TYPE }, body);
  expect(status).toBe(200);
  return JSON.parse(text).response;
}

describe("what is no review", () => {
  test.each([
    ["half of one", review().slice(0, -20)],
    ["another version's", review().replace("admission.k8s.io/v1", "admission.k8s.io/v2")],
    ["a list", "[]"],
    ["nothing", ""],
    ["one without a uid", review({ uid: "" })],
    ["one with labels that are no texts", review({}, { labels: { a: 1 } })],
  ])("is refused: %s", async (_, body) => {
    expect((await ask({ headers: JSON_TYPE }, body)).status).toBe(400);
    expect(troubles).toEqual([]);
  });

  test("is refused where it comes as anything but JSON, by GET, elsewhere, or larger than any object", async () => {
    expect((await ask({ headers: { "content-type": "text/plain" } }, review())).status).toBe(400);
    expect((await ask({ method: "GET" })).status).toBe(405);
    expect((await ask({ path: "/elsewhere" })).status).toBe(404);
    const huge = review({}, { annotations: { note: "x".repeat(9 * 1024 * 1024) } });
    expect((await ask({ headers: JSON_TYPE }, huge)).status).toBe(413);
  });

  test("is refused unparsed where it is one heap of brackets, which would take fifty times its size", async () => {
    const heap = review({ heap: 0 }).replace('"heap":0', `"heap":[${"[],".repeat(500_000)}[]]`);
    expect((await ask({ headers: JSON_TYPE }, heap)).status).toBe(413);
  });

  test("is refused where it is compressed: a few KiB, which pass as small, would be megabytes to read", async () => {
    const packed = gzipSync(review({}, { annotations: { note: "x".repeat(3_000_000) } }));
    expect(packed.length).toBeLessThan(64 * 1024);
    expect((await ask({ headers: { ...JSON_TYPE, "content-encoding": "gzip" } }, packed)).status).toBe(415);
  });

  test("is cut off where its sender takes for ever", async () => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    socket.write("POST /review HTTP/1.1\r\nhost: x\r\n");
    const drip = setInterval(() => socket.write("x-more: 1\r\n"), 500);
    socket.resume();
    await closed(socket);
    clearInterval(drip);
  }, 20_000);

  test("is cut off where nobody begins to speak TLS", async () => {
    const socket = connectTcp(port, "127.0.0.1");
    socket.resume();
    // Within this test's time: Node itself would wait two minutes.
    await closed(socket);
  }, 60_000);
});

describe("of connections", () => {
  const opened: Socket[] = [];
  const isHealthy = async (agent?: Agent) =>
    (await ask({ path: "/healthz", method: "GET", ...(agent && { agent }) })).status === 200;
  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.destroy();
    await eventually("there is room for the next test", () => isHealthy());
  });

  test("so many are taken that a small body of each fits into memory, and those that idle make room", async () => {
    const idle = 20;
    const agent = new Agent({ keepAlive: true });
    await Promise.all(Array.from({ length: idle }, () => isHealthy(agent)));
    // Those that are cut off for they never begin to speak TLS are none of them.
    let refused = 0;
    const count = () => {
      refused += 1;
    };
    server.on("drop", count);
    for (let n = 0; n < MOST_CONNECTIONS; n += 1) {
      const socket = connectTcp(port, "127.0.0.1");
      opened.push(socket);
      socket.on("error", () => undefined).resume();
      await once(socket, "connect");
    }
    await eventually("some are not taken", async () => refused > 0);
    server.off("drop", count);
    // Those that idled were closed for whoever comes next.
    expect(refused).toBeLessThan(idle);
    await eventually("there is room", () => isHealthy());
    agent.destroy();
  });

  test("one that asks again before it is answered is cut off: it would hold many reviews in memory", async () => {
    const { promise: asked, resolve: goOn } = Promise.withResolvers<void>();
    held = asked;
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    opened.push(socket);
    await once(socket, "secureConnect");
    const body = review();
    const head = `POST /review HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    socket.on("error", () => undefined).resume();
    socket.write(`${head}${body}${head}${body}`);
    const isCut = await Promise.race([
      closed(socket).then(() => true),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 30_000)),
    ]);
    goOn();
    expect(isCut).toBe(true);
  }, 60_000);

  test("one that does not read its answer is cut off, and one that idles for as long is answered again", async () => {
    const app = express();
    // More than the system keeps of what is sent.
    app.get("/large", (_, reply) => void reply.send(Buffer.alloc(64 * 1024 * 1024)));
    app.get("/small", (_, reply) => void reply.send("ok"));
    const pair = await issueServer(await createAuthority("test"), ["127.0.0.1"]);
    const other = createReviewServer(app, pair).listen(0, "127.0.0.1");
    await once(other, "listening");
    const at = { host: "127.0.0.1", port: (other.address() as AddressInfo).port, rejectUnauthorized: false };
    const asker = async (path: string) => {
      const taken = once(other, "secureConnection");
      const socket = connect(at);
      opened.push(socket);
      const again = () => socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
      await once(socket, "secureConnect");
      again();
      const [atServer]: Socket[] = await taken;
      return { socket, atServer, again };
    };
    const idle = await asker("/small");
    await once(idle.socket, "data");
    const deaf = await asker("/large");
    await new Promise((resolve) => deaf.atServer?.once("close", resolve));
    expect(idle.atServer?.destroyed).toBe(false);
    idle.again();
    expect(String(await once(idle.socket, "data"))).toContain("200 OK");
    for (const socket of opened) socket.destroy();
    other.close();
  }, 60_000);

  test("one that asks again once it is answered is answered again", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let n = 0; n < 20; n += 1) {
      expect((await ask({ headers: JSON_TYPE, agent }, review())).status).toBe(200);
    }
    agent.destroy();
  });
});

describe("a review", () => {
  test("of the largest object there can be is answered", async () => {
    const body = review({}, { annotations: { note: "x".repeat(1_500_000) } });
    expect(await verdict(body)).toMatchObject({ uid: "review-1", allowed: false });
  });

  test("of a large object waits for the one before it, which keeps no small one waiting", async () => {
    const large = review({}, { annotations: { note: "x".repeat(3_000_000) } });
    const slow = beginReview(large);
    const slowReply = once(slow, "response");
    slow.write(large.slice(0, 1_000_000));
    // Its head has arrived when a request behind it is answered.
    await verdict(review());
    let isAnswered = false;
    const next = verdict(large).then((given) => {
      isAnswered = true;
      return given;
    });
    expect(await verdict(review())).toMatchObject({ allowed: false });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isAnswered).toBe(false);
    slow.end(large.slice(1_000_000));
    const [reply] = await slowReply;
    expect(reply.statusCode).toBe(200);
    reply.resume();
    expect(await next).toMatchObject({ allowed: false });
  });

  test("whose sender leaves while it waits, or is sent, takes no room for ever", async () => {
    const large = review({}, { annotations: { note: "x".repeat(3_000_000) } });
    for (let n = 0; n < 3; n += 1) {
      const leaver = beginReview(large);
      leaver.on("error", () => undefined);
      leaver.write(large.slice(0, 1000));
      await verdict(review());
      leaver.destroy();
    }
    expect(await verdict(large)).toMatchObject({ allowed: false });
    expect(troubles).toEqual([]);
  });

  test("that comes again is answered the same", async () => {
    expect(await verdict(review())).toEqual(await verdict(review()));
  });

  test("of somebody of whom an authenticator says nothing under some key is answered", async () => {
    const userInfo = { username: "alice", groups: null, extra: { "example.com/scopes": null } };
    expect(await verdict(review({ userInfo }))).toMatchObject({ allowed: false, status: { code: 403 } });
  });

  test("of a deletion without the namespace that is deleted is refused", async () => {
    expect(await verdict(review({ oldObject: null }))).toMatchObject({
      allowed: false,
      status: { code: 403 },
    });
  });

  test("of an operation that nobody asked the guard about is refused", async () => {
    expect(await verdict(review({ operation: "CONNECT" }))).toMatchObject({ allowed: false });
  });

  test("during which something breaks is refused, and says what broke", async () => {
    broken = true;
    const { allowed, status } = await verdict(review());
    expect({ allowed, message: status.message }).toEqual({
      allowed: false,
      message: "namespace prod is protected, and the guard cannot tell whether it may go: no route to host",
    });
  });

  test("of a namespace that is already going is never held up, whatever is broken", async () => {
    broken = true;
    const going = review({}, { deletionTimestamp: "2026-05-01T11:00:00Z" });
    expect(await verdict(going)).toMatchObject({ allowed: true });
  });
});

test("tells whether it is ready, and what it decided", async () => {
  await verdict(review());
  await verdict(review({ dryRun: true }));
  await verdict(review({ operation: "CONNECT" }));
  expect((await ask({ path: "/readyz", method: "GET" })).status).toBe(200);
  const { text } = await ask({ path: "/metrics", method: "GET" });
  const counted = (labels: string) => `kubectl_backup_guard_decisions_total{verdict="refused",${labels}} `;
  expect(text).toContain(counted('reason="none",operation="DELETE",dry_run="false"'));
  expect(text).toContain(counted('reason="none",operation="DELETE",dry_run="true"'));
  expect(text).toContain(counted('reason="trouble",operation="other",dry_run="false"'));
});
