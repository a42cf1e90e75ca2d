import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LONG_LIST } from "#core/kube/lists/lists.ts";
import { type FakeApiServer, type Handler, startFakeApiServer } from "#test/doubles/fake-api-server.ts";
import { begin, itemsOf, pageBody, queryOf, readList, serve, streamBody } from "./served-list.ts";

const all = itemsOf({ count: 1_200, bytes: 300 });
const long = { longList: 600 };
let server: FakeApiServer;

beforeEach(async () => {
  server = await startFakeApiServer();
});
afterEach(() => server.stop());

/** "page", "page from 500" or "stream" for each list request, in order. */
function asked(): readonly string[] {
  return server.requests
    .filter((request) => request.includes("/configmaps"))
    .map((request) => {
      const query = new URL(request.split(" ")[1] ?? "", "https://x").searchParams;
      if (query.has("watch")) return "stream";
      return query.has("continue") ? `page from ${query.get("continue")}` : `page of ${query.get("limit")}`;
    });
}

/** Answers the nth request of those with this word in their query its own way. */
function once(word: string, special: Handler, { nth = 1, otherwise = serve(all) } = {}): Handler {
  let seen = 0;
  return (request, reply) =>
    (request.url.includes(word) && ++seen === nth ? special : otherwise)(request, reply);
}

const gone =
  (proposed?: string): Handler =>
  (_, reply) => {
    const metadata = proposed === undefined ? {} : { continue: proposed };
    reply.writeHead(410).end(JSON.stringify({ kind: "Status", metadata, reason: "Expired", code: 410 }));
  };

describe("a kind", () => {
  it("that is short takes one request", async () => {
    server.handle(serve(all.slice(0, 500)));
    const { names, summary } = await readList(server, { keepWatching: true }, { longList: 0 });
    expect(asked()).toEqual(["page of 500"]);
    expect(names).toHaveLength(500);
    expect(summary).toMatchObject({
      method: "pages",
      requests: 1,
      consistent: true,
      resourceVersion: "9000",
    });
    expect(summary.meanwhile).toBeUndefined();
  });

  it("of 1,200 takes two requests and is of one moment", async () => {
    server.handle(serve(all));
    const { names, summary } = await readList(server, { keepWatching: true });
    expect(asked()).toEqual(["page of 500", "page from 500"]);
    expect(new Set(names).size).toBe(1_200);
    expect(summary).toMatchObject({ method: "pages", requests: 2, consistent: true });
  });

  it("is never asked for in pages of more than 20,000, however small its objects", async () => {
    const tiny = Array.from({ length: 20_501 }, (_, n) => `{"metadata":{"name":"c${n}"}}`);
    server.handle(serve(tiny));
    const { summary } = await readList(server);
    expect(asked()).toEqual(["page of 500", "page from 500", "page from 20500"]);
    expect(summary.count).toBe(20_501);
  });

  it("is long when more than 50,000 objects remain behind its first page", async () => {
    const remaining = (count: number): Handler =>
      once("limit=500", (request, reply) => {
        const page = pageBody(all, queryOf(request));
        begin(reply).end(page.replace('"remainingItemCount":700', `"remainingItemCount":${count}`));
      });
    server.handle(remaining(LONG_LIST));
    expect((await readList(server)).summary.method).toBe("pages");
    server.handle(remaining(LONG_LIST + 1));
    const { names, summary } = await readList(server);
    expect(summary).toMatchObject({ method: "watch-list", requests: 2, consistent: true });
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(1_200);
  });

  it("that is long goes on to count the changes made meanwhile", async () => {
    const change = '{"type":"MODIFIED","object":{"metadata":{"name":"c1","namespace":"app"}}}\n';
    server.handle(once("watch=1", (_, reply) => void begin(reply).write(streamBody(all) + change + change)));
    const { summary } = await readList(server, { keepWatching: true }, long);
    expect(asked()).toEqual(["page of 500", "stream"]);
    expect(summary.method).toBe("watch-list");
    expect(summary.meanwhile?.close()).toBe(2);
  });

  it("that is long is streamed also when its first page would have been too large to take back", async () => {
    const large = itemsOf({ count: 1_200, bytes: 4_000 });
    server.handle(serve(large));
    const { names, summary } = await readList(server, {}, long);
    expect(summary).toMatchObject({ method: "watch-list", requests: 2, consistent: true });
    expect(names).toHaveLength(1_200);
  });

  it("that is long is read in pages when it tells so only behind what was given", async () => {
    const large = itemsOf({ count: 1_200, bytes: 4_000 });
    server.handle((request, reply) => {
      const [, metadata = "", items = ""] =
        /"metadata":(\{.*?\}),"items":(.*)\}\n$/.exec(pageBody(large, queryOf(request))) ?? [];
      begin(reply).end(`{"items":${items},"metadata":${metadata}}`);
    });
    const { names, summary } = await readList(server, {}, long);
    expect(summary).toMatchObject({ method: "pages", requests: 2, consistent: true });
    expect(names).toHaveLength(1_200);
  });

  it("whose first page broke off is asked for again", async () => {
    server.handle(
      once("limit=500", (request, reply) => {
        server.gate.cut({ afterBytes: 90_000, how: "fin" });
        return serve(all)(request, reply);
      }),
    );
    const { names, summary } = await readList(server);
    expect(asked()).toEqual(["page of 500", "page of 500", "page from 500"]);
    expect(new Set(names).size).toBe(names.length);
    expect(summary).toMatchObject({ method: "pages", count: 1_200, consistent: true });
  });
});

describe("a continue token that expired", () => {
  it("before anything was given makes the kind a stream", async () => {
    server.handle(once("continue=500", gone("500")));
    const { names, summary } = await readList(server, { labelSelector: "app", fieldSelector: "type=x" });
    expect(asked()).toEqual(["page of 500", "page from 500", "stream"]);
    const lists = server.requests.filter((request) => request.includes("/configmaps"));
    for (const request of lists) expect(request).toMatch(/labelSelector=app&fieldSelector=type%3Dx/);
    expect(new Set(names).size).toBe(names.length);
    expect(summary).toMatchObject({ method: "watch-list", count: 1_200, consistent: true });
  });

  it("begins the pages again where streams are not offered", async () => {
    server.handle(once("continue=500", gone("500"), { otherwise: serve(all, { streams: false }) }));
    const { summary } = await readList(server);
    expect(asked()).toEqual(["page of 500", "page from 500", "stream", "page of 500", "page from 500"]);
    expect(summary).toMatchObject({ method: "pages", count: 1_200, consistent: true });
  });

  it("begins the pages again where a page size was given", async () => {
    server.handle(once("continue=500", gone("500")));
    const { summary } = await readList(server, { pageSize: 500 });
    expect(asked()).not.toContain("stream");
    expect(summary).toMatchObject({ method: "pages", requests: 5, count: 1_200, consistent: true });
  });

  it("loses nothing when the page had broken off before", async () => {
    const broken: Handler = (request, reply) =>
      void begin(reply).write(pageBody(all, queryOf(request)).slice(0, 9_000), () => reply.stream.close(2));
    const otherwise = once("continue=500", broken);
    server.handle(once("continue=500", gone("500"), { nth: 2, otherwise }));
    const { names, summary } = await readList(server, { pageSize: 500 });
    expect(names).toHaveLength(1_200);
    expect(summary.consistent).toBe(true);
  });

  it("without one to go on with gives nothing twice, and is not of one moment", async () => {
    const large = itemsOf({ count: 1_200, bytes: 4_000 });
    const later: Handler = (request, reply) =>
      void begin(reply).end(pageBody(large, queryOf(request), "9001"));
    const otherwise = once("limit=500", (...both) => serve(large)(...both), { otherwise: later });
    server.handle(once("continue=500", gone(), { otherwise }));
    const { names, summary } = await readList(server, { pageSize: 500 });
    expect(new Set(names).size).toBe(names.length);
    expect(summary).toMatchObject({
      method: "pages",
      count: 1_200,
      consistent: false,
      resourceVersion: "9001",
    });
  });
});
