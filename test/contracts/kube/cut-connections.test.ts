import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FakeApiServer, startFakeApiServer } from "#test/doubles/fake-api-server.ts";
import { begin, itemsOf, pageBody, readList, serve, streamBody } from "./served-list.ts";

/** Small lists are held back until they are whole, large ones have been given in part when the connection breaks. */
const sizes = { small: { count: 600, bytes: 300 }, large: { count: 2_000, bytes: 1_500 } };
/** What goes on behind its first page is streamed. */
const longList = 0;

function firstPage(all: readonly string[]): string {
  return pageBody(all, new URLSearchParams({ limit: "500" }));
}

describe.each(["h2", "http/1.1"] as const)("a list over %s whose connection breaks", (protocol) => {
  let server: FakeApiServer;
  beforeAll(async () => {
    server = await startFakeApiServer({ protocol });
  });
  // A cut near the end of a list may lie behind its last byte, and would meet the next test's.
  beforeEach(() => server.gate.spare());
  afterAll(() => server.stop());

  it.each([
    { size: "small", streams: true, runs: 12 },
    { size: "small", streams: false, runs: 12 },
    { size: "large", streams: true, runs: 6 },
    { size: "large", streams: false, runs: 6 },
  ] as const)("gives every item once: $size, streams $streams", async ({ size, streams, runs }) => {
    const all = itemsOf(sizes[size]);
    const names = Array.from(all, (_, index) => `c${index}`);
    server.handle(serve(all, { streams }));
    const whole = streamBody(all).length + (streams ? firstPage(all).length : 0);
    const cut = fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      how: fc.constantFrom("fin", "rst"),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ share, how }) => {
        const ready = () => server.gate.cut({ afterBytes: Math.floor(share * whole), how });
        const found = await readList(server, streams ? {} : { pageSize: 90 }, { longList, ready });
        expect(found.names.toSorted()).toEqual(names.toSorted());
        expect(found.summary.count).toBe(names.length);
      }),
      { numRuns: runs },
    );
  });

  it("stays of one moment when it was small enough to begin again", async () => {
    const all = itemsOf(sizes.small);
    let streamed = 0;
    server.handle((request, reply) => {
      if (!request.url.includes("watch=1") || streamed++ > 0) return serve(all)(request, reply);
      // By its own hand: at the gate, what was under way of the page that was left could take the blow.
      begin(reply).write(streamBody(all).slice(0, 20_000), () => request.socket.destroy());
    });
    const { summary } = await readList(server, {}, { longList });
    expect(summary).toMatchObject({
      consistent: true,
      method: "watch-list",
      requests: 3,
      resourceVersion: "9000",
    });
  });

  it("is marked as not of one moment when a part had been given already", async () => {
    const all = itemsOf(sizes.large);
    server.handle((request, reply) => {
      if (request.url.includes("watch=1")) server.gate.cut({ afterBytes: 2_500_000, how: "fin" });
      return serve(all)(request, reply);
    });
    const { summary } = await readList(server, {}, { longList });
    expect(summary).toMatchObject({ consistent: false, method: "pages", count: 2_000 });
  });

  it("fails in the user's words when the connection breaks again and again", async () => {
    const all = itemsOf(sizes.small);
    let seen = 0;
    server.handle((request, reply) => {
      // The first page comes through, so that streams break as well as the pages after them.
      if (request.url.includes("/configmaps") && seen++ > 0)
        server.gate.cut({ afterBytes: 30_000, how: "fin" });
      return serve(all)(request, reply);
    });
    const broken = readList(server, {}, { longList });
    await expect(broken).rejects.toMatchObject({ code: "cluster-unreachable", retryable: true });
  });
});
