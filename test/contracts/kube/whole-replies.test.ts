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
        server.handle((_, reply) => {
          reply.writeHead(200).write(BODY.subarray(0, 10));
          setTimeout(() => reply.end(BODY.subarray(10)), 5);
        });
        const reply = await ask();
        server.gate.cut(blow);
        const error = await reply.whole().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(BrokenExchange);
        expect(error).toMatchObject({ sent: "maybe" });
      }),
      { numRuns: 20 },
    );
  });

  it("ends with the reason of who gives it up", async () => {
    server.handle((_, reply) => void reply.writeHead(200).write(BODY));
    const stop = new AbortController();
    const reading = (await ask(stop.signal)).whole();
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});
