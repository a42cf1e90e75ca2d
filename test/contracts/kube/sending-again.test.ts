import type { Http2ServerResponse } from "node:http2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClusterAccess } from "#core/kube/access/access.ts";
import { openTransport, type Transport, type TransportOptions } from "#core/kube/transport/transport.ts";
import { type FakeApiServer, startFakeApiServer } from "#test/doubles/fake-api-server.ts";

const { signal } = new AbortController();
const get = { method: "GET", path: "/api/v1/things", repeatable: true, signal } as const;
const post = {
  method: "POST",
  path: "/api/v1/things",
  repeatable: false,
  body: Buffer.from("{}"),
  signal,
} as const;

function answer(
  reply: Http2ServerResponse,
  status: number,
  more: { headers?: Record<string, string>; body?: string } = {},
) {
  reply.writeHead(status, more.headers ?? {}).end(more.body ?? "{}");
}

describe.each(["h2", "http/1.1"] as const)("a request over %s", (protocol) => {
  let server: FakeApiServer;
  let transport: Transport;
  const notes: string[] = [];
  const open = (access: Partial<ClusterAccess> = {}, options: Partial<TransportOptions> = {}) =>
    openTransport(
      { ...server.access, ...access },
      { userAgent: "kubectl-backup/test", onNote: (text) => notes.push(text), ...options },
    );

  beforeEach(async () => {
    server = await startFakeApiServer({ protocol });
    transport = open();
    notes.length = 0;
  });
  afterEach(async () => {
    transport.close();
    await server.stop();
  });

  it("goes over no other protocol", async () => {
    server.handle((_, reply) => answer(reply, 200));
    await transport.send(get);
    expect([...server.versions]).toEqual([protocol === "h2" ? "2.0" : "1.1"]);
  });

  it("that only reads is sent again when its connection ends before the reply", async () => {
    let seen = 0;
    server.handle((request, reply) => (++seen === 1 ? void request.stream.destroy() : answer(reply, 200)));
    if (protocol === "http/1.1") {
      seen = 0;
      server.handle((request, reply) => (++seen === 1 ? void request.socket.destroy() : answer(reply, 200)));
    }
    expect(await transport.send(get)).toMatchObject({ ok: true });
    expect(server.requests).toHaveLength(2);
  });

  it("that creates is never sent again when the server may have seen it", async () => {
    server.handle((request) => void (protocol === "h2" ? request.stream.close(2) : request.socket.destroy()));
    await expect(transport.send(post)).rejects.toMatchObject({ code: "cluster-unreachable" });
    expect(server.requests).toEqual(["POST /api/v1/things"]);
  });

  it.each([503, 504])("that creates is not sent again after a bare %i", async (status) => {
    server.handle((_, reply) => answer(reply, status, { body: "service unavailable\n" }));
    expect(await transport.send(post)).toMatchObject({
      ok: false,
      refusal: { status, reason: "", message: `service unavailable (${status})` },
    });
    expect(server.requests).toHaveLength(1);
  });

  it("that creates is sent again when the server says when", async () => {
    let seen = 0;
    server.handle((_, reply) =>
      ++seen <= 2
        ? answer(reply, 429, { headers: { "retry-after": "0" }, body: "Too many requests" })
        : answer(reply, 201),
    );
    expect(await transport.send(post)).toMatchObject({ ok: true, reply: { status: 201 } });
    expect(server.requests).toHaveLength(3);
    expect(notes[0]).toMatch(/^POST \/api\/v1\/things: 429 Too many requests .*again in \d+ ms$/);
  });

  it("is not sent again after a 500, which is an answer", async () => {
    server.handle((_, reply) =>
      answer(reply, 500, { body: '{"kind":"Status","reason":"InternalError","message":"no"}' }),
    );
    expect(await transport.send(get)).toMatchObject({
      ok: false,
      refusal: { reason: "InternalError", message: "no" },
    });
    expect(server.requests).toHaveLength(1);
  });

  it("carries the credentials and, once rejected, the renewed ones", async () => {
    const sent: unknown[] = [];
    server.handle((request, reply) => {
      sent.push(request.headers.authorization);
      answer(reply, request.headers.authorization === "Bearer new" ? 200 : 401);
    });
    let headers = { authorization: "Bearer old" };
    const renewing = open({
      headers: async () => headers,
      renew: async (rejected) => {
        const renewed = rejected === headers && headers.authorization === "Bearer old";
        headers = { authorization: "Bearer new" };
        return renewed;
      },
    });
    expect(await renewing.send(get)).toMatchObject({ ok: true });
    expect(sent).toEqual(["Bearer old", "Bearer new"]);
    renewing.close();
  });

  it("that is rejected for good is rejected after one try", async () => {
    server.handle((_, reply) => answer(reply, 401));
    expect(await transport.send(get)).toMatchObject({ ok: false, refusal: { status: 401 } });
    expect(server.requests).toHaveLength(1);
  });

  it("is given up after the time that was allowed, and when it is cancelled", async () => {
    server.handle(() => undefined);
    const hasty = open({}, { requestTimeoutSeconds: 0.1 });
    await expect(hasty.send(get)).rejects.toMatchObject({
      code: "cluster-timeout",
      hint: "raise --request-timeout",
    });
    hasty.close();
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 30);
    await expect(transport.send({ ...get, signal: stop.signal })).rejects.toThrow("enough");
  });

  it("goes below the path of the server's address", async () => {
    server.handle((_, reply) => answer(reply, 200));
    const below = open({ server: new URL("/k8s/clusters/c-1/", server.access.server) });
    await below.send(get);
    below.close();
    expect(server.requests).toEqual(["GET /k8s/clusters/c-1/api/v1/things"]);
  });

  it("to an address where nobody listens fails at once", async () => {
    const gone = await startFakeApiServer();
    await gone.stop();
    const nobody = openTransport(gone.access, { userAgent: "test" });
    const startedAt = performance.now();
    await expect(nobody.send(get)).rejects.toMatchObject({ code: "cluster-unreachable" });
    // Tried again it would take eight seconds.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    nobody.close();
  });

  it("to a server whose certificate is not trusted says so", async () => {
    const { ca: _, ...tls } = await server.access.tls(signal);
    const distrusting = open({ tls: async () => ({ ...tls, ca: undefined }) });
    await expect(distrusting.send(get)).rejects.toMatchObject({ code: "cluster-tls" });
    distrusting.close();
  });
});

describe("the connections", () => {
  it("are as few as the server's limit of streams allows, and closed when the TLS material changes", async () => {
    const server = await startFakeApiServer({ maxConcurrentStreams: 3 });
    const waiting: Http2ServerResponse[] = [];
    server.handle((_, reply) => void waiting.push(reply));
    let tls = await server.access.tls(signal);
    const transport = openTransport({ ...server.access, tls: async () => tls }, { userAgent: "test" });
    // The first request learns the server's limit.
    const first = transport.send(get);
    await expect.poll(() => waiting.length).toBe(1);
    const others = Array.from({ length: 4 }, () => transport.send(get));
    await expect.poll(() => waiting.length).toBe(5);
    expect(server.gate.connections()).toBe(2);
    for (const reply of waiting) answer(reply, 200);
    for (const { ok } of await Promise.all([first, ...others])) expect(ok).toBe(true);
    tls = { ...tls };
    server.handle((_, reply) => answer(reply, 200));
    await transport.send(get);
    expect(server.gate.connections()).toBe(3);
    transport.close();
    await server.stop();
  });
});
