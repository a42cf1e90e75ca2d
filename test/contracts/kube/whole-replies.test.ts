import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectServer } from "#core/kube/transport/server-connection.ts";
import { BrokenExchange, type Connection } from "#core/kube/transport/wire.ts";
import { type FakeApiServer, startFakeApiServer } from "#test/doubles/fake-api-server.ts";

const BODY = Buffer.alloc(60_000, "0123456789");

describe.each(["h2", "http/1.1"] as const)("a reply over %s that is read whole", (protocol) => {
  let server: FakeApiServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startFakeApiServer({ protocol });
  });
  beforeEach(() => {
    connection = connectServer(server.access);
  });
  afterEach(() => {
    server.gate.spare();
    connection.close();
  });
  afterAll(() => server.stop());

  const ask = (signal = new AbortController().signal) =>
    connection.exchange({ method: "GET", path: "/things", headers: {}, signal });

  it("comes in one piece, however the server sends it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30_000 }), { maxLength: 6 }), async (sizes) => {
        const pieces = sizes.map((size) => BODY.subarray(0, size));
        server.handle((_, reply) => {
          for (const piece of pieces) reply.write(piece);
          reply.end();
        });
        const { whole } = await ask();
        expect(Buffer.compare(await whole(), Buffer.concat(pieces))).toBe(0);
      }),
      { numRuns: 20 },
    );
  });

  it("is a broken exchange wherever its connection breaks, and never a shorter reply", async () => {
    const cut = fc.record({
      afterBytes: fc.integer({ min: 500, max: BODY.length - 1 }),
      how: fc.constantFrom("fin", "rst"),
    });
    await fc.assert(
      fc.asyncProperty(cut, async (blow) => {
        const armed = Promise.withResolvers<void>();
        server.handle((_, reply) => {
          reply.writeHead(200).write(BODY.subarray(0, 10));
          void armed.promise.then(() => reply.end(BODY.subarray(10)));
        });
        const reply = await ask();
        server.gate.cut(blow);
        armed.resolve();
        const error = await reply.whole().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(BrokenExchange);
        expect(error).toMatchObject({ sent: "maybe" });
      }),
      { numRuns: 20 },
    );
  });

  it.each(["no body", "a body"])("with %s is told also where it is read a turn later", async (what) => {
    const body = what === "no body" ? "" : "text";
    server.handle((_, reply) => void reply.writeHead(200).end(body));
    const reply = await ask();
    await setTimeout(20);
    expect(Buffer.from(await reply.whole()).toString()).toBe(body);
  });

  it.each(["before it is read", "while it is read"])(
    "is a broken exchange where the connection was closed here %s",
    async (when) => {
      server.handle((_, reply) => void reply.writeHead(200).write("abc"));
      const reply = await ask();
      await setTimeout(10);
      const read = () => reply.whole().catch((reason: unknown) => reason);
      const reading = when === "while it is read" ? read() : undefined;
      connection.close();
      await setTimeout(10);
      expect(await (reading ?? read())).toBeInstanceOf(BrokenExchange);
    },
  );

  it("ends with the reason of who gives it up", async () => {
    server.handle((_, reply) => void reply.writeHead(200).write(BODY));
    const stop = new AbortController();
    const reading = (await ask(stop.signal)).whole();
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});
