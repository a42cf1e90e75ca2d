import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";
import { REFUSE_PUT_WITHOUT_CHECKSUM, serverError, tooManyRequests } from "#test/harness/faults.ts";
import { type FaultyProxy, startReverseProxy } from "#test/harness/reverse-proxy.ts";

// An honest server behind: it counts what reaches it, echoes what it is sent, and has one large body to give.
const LARGE = Buffer.alloc(300_000, "x");
const reached: string[] = [];
const behind = createServer(async (request, response) => {
  reached.push(`${request.method} ${request.url}`);
  const sent = await buffer(request);
  const body = request.url?.startsWith("/large") ? LARGE : sent;
  response.setHeader("x-if-none-match", request.headers["if-none-match"] ?? "absent");
  response.writeHead(200, { "content-length": body.length }).end(body);
});

let target: string;
let ca: string;
let plain: FaultyProxy;
let secure: FaultyProxy;

beforeAll(async () => {
  behind.listen(0, "127.0.0.1");
  await once(behind, "listening");
  target = `http://127.0.0.1:${(behind.address() as AddressInfo).port}`;
  const authority = await createAuthority("test");
  ca = authority.cert;
  plain = await startReverseProxy({ target });
  secure = await startReverseProxy({ target, serving: await issueServer(authority, ["127.0.0.1"]) });
});

afterEach(() => {
  plain.clear();
  secure.clear();
  reached.length = 0;
});

afterAll(async () => {
  await Promise.all([plain.stop(), secure.stop()]);
  behind.closeAllConnections();
  behind.close();
});

test("without rules a request passes unchanged and is recorded without its credentials", async () => {
  const headers = { authorization: "Bearer secret", "x-kept": "yes" };
  const reply = await fetch(`${plain.url}/echo?a=b`, { method: "POST", body: "hello", headers });
  expect(await reply.text()).toBe("hello");
  const seen = plain.requests.at(-1);
  expect(seen).toMatchObject({ method: "POST", path: "/echo", query: "a=b", status: 200, sentBytes: 5 });
  expect(seen?.headers).toMatchObject({ "x-kept": "yes" });
  expect(JSON.stringify(seen)).not.toContain("secret");
});

test("a clock is set forward or back in what the server says of the time", async () => {
  const dateOf = async () => Date.parse((await fetch(`${plain.url}/echo`)).headers.get("date") ?? "");
  const real = await dateOf();
  plain.add({ when: () => true, fault: { shiftDateMs: -3_600_000 } });
  expect((await dateOf()) - real).toBeLessThan(-3_590_000);
});

test("a rule strikes after so many matches, so many times, and only where it matches", async () => {
  plain.add({ when: ({ path }) => path === "/hit", after: 1, times: 2, fault: tooManyRequests(7) });
  const statuses: number[] = [];
  for (const path of ["/hit", "/miss", "/hit", "/hit", "/hit"]) {
    const reply = await fetch(plain.url + path);
    statuses.push(reply.status);
    if (reply.status === 429) expect(reply.headers.get("retry-after")).toBe("7");
    await reply.text();
  }
  expect(statuses).toEqual([200, 200, 429, 429, 200]);
  expect(reached).toEqual(["GET /hit", "GET /miss", "GET /hit"]);
});

test("a reply can be cut by an orderly end and by a reset", async () => {
  for (const how of ["fin", "rst"] as const) {
    const remove = plain.add({ when: () => true, fault: { cutAfterBytes: 100_000, how } });
    const reply = await fetch(`${plain.url}/large`);
    expect(reply.status).toBe(200);
    await expect(reply.arrayBuffer()).rejects.toThrow();
    expect(plain.requests.at(-1)?.receivedBytes).toBe(100_000);
    remove();
  }
});

test("a dropped reply leaves the server's work done and the client without an answer", async () => {
  plain.add({ when: ({ method }) => method === "PUT", times: 1, fault: { dropReply: true } });
  await expect(fetch(`${plain.url}/done`, { method: "PUT", body: "x" })).rejects.toThrow();
  expect(reached).toEqual(["PUT /done"]);
  expect(plain.requests.at(-1)?.status).toBeUndefined();
});

test("a short read ends in order", async () => {
  plain.add({ when: () => true, fault: { truncateTo: 1000 } });
  const reply = await fetch(`${plain.url}/large`);
  expect(reply.headers.get("content-length")).toBe("1000");
  expect((await reply.arrayBuffer()).byteLength).toBe(1000);
});

test("a stripped header does not reach the server", async () => {
  const put = () => fetch(`${plain.url}/k`, { method: "PUT", body: "x", headers: { "if-none-match": "*" } });
  expect((await put()).headers.get("x-if-none-match")).toBe("*");
  plain.add({ when: () => true, fault: { stripHeader: "if-none-match" } });
  expect((await put()).headers.get("x-if-none-match")).toBe("absent");
});

test("delay and bandwidth take the time they say", async () => {
  const timed = async (path: string) => {
    const startedAt = performance.now();
    await (await fetch(plain.url + path)).arrayBuffer();
    return performance.now() - startedAt;
  };
  plain.add({ when: ({ path }) => path === "/late", fault: { delayMs: 80 } });
  plain.add({ when: ({ path }) => path === "/large", fault: { bytesPerSecond: 3_000_000 } });
  expect(await timed("/late")).toBeGreaterThan(75);
  const [first, second] = await Promise.all([timed("/large"), timed("/large")]);
  // 300 kB at 3 MB/s take 100 ms; two of them share the rate.
  expect(Math.max(first, second)).toBeGreaterThan(180);
});

test("a put without a digest is refused where the store asks for one", async () => {
  plain.add(REFUSE_PUT_WITHOUT_CHECKSUM);
  const put = (headers: Record<string, string>) =>
    fetch(`${plain.url}/k`, { method: "PUT", body: "x", headers });
  expect((await put({})).status).toBe(400);
  expect((await put({ "x-amz-checksum-crc32": "AAAAAA==" })).status).toBe(200);
});

test("over HTTP/2 it answers, refuses, cuts streams and says go away", async () => {
  const get = async (path: string) => {
    const session = connect(secure.url, { ca });
    session.on("error", () => undefined);
    const stream = session.request({ ":path": path });
    const [headers] = await once(stream, "response");
    const went = new Promise<string>((resolve) => session.once("goaway", () => resolve("goaway")));
    const body = await text(stream).catch(() => "");
    const result = { status: Number(headers[":status"]), length: body.length, reset: stream.rstCode };
    return { ...result, went, close: () => session.destroy() };
  };
  secure.add({ when: ({ path }) => path === "/busy", fault: serverError(503) });
  secure.add({ when: ({ query }) => query === "cut", fault: { cutAfterBytes: 65_000, how: "stream" } });
  secure.add({ when: ({ query }) => query === "fin", fault: { cutAfterBytes: 65_000, how: "fin" } });
  secure.add({ when: ({ query }) => query === "away", fault: { goAway: true } });
  secure.add({ when: ({ query }) => query !== "", fault: { delayMs: 1 } });
  const whole = await get("/large");
  expect(whole).toMatchObject({ status: 200, length: 300_000, reset: 0 });
  expect(await get("/busy")).toMatchObject({ status: 503 });
  expect((await get("/large?cut")).reset).toBe(2);
  // Node tells of a connection that ended in mid-body only by this code.
  expect((await get("/large?fin")).reset).toBe(8);
  const away = await get("/large?away");
  expect([away.status, await away.went]).toEqual([200, "goaway"]);
  whole.close();
});

test("over HTTP/2 bodies without an announced length arrive, also with a DELETE", async () => {
  const session = connect(secure.url, { ca });
  for (const method of ["PATCH", "DELETE"]) {
    const stream = session.request({ ":path": "/echo", ":method": method }, { endStream: false });
    stream.end("payload");
    expect(await text(stream)).toBe("payload");
  }
  session.close();
  expect(secure.connections()).toBeGreaterThan(0);
});
