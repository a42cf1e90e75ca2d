import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cluster, ItemBatch, ListRequest, ListSummary } from "#core/kube/cluster.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { type FakeApiServer, startFakeApiServer } from "#test/doubles/fake-api-server.ts";

const resource = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
const { signal } = new AbortController();

/** Small lists are held back until they are whole, large ones have been given in part when the connection breaks. */
const sizes = { small: { count: 200, bytes: 300 }, large: { count: 2_000, bytes: 1_500 } };

function items({ count, bytes }: { count: number; bytes: number }): string[] {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: `c${index}`, namespace: "app", resourceVersion: String(index) },
      data: { text: "x".repeat(bytes) },
    }),
  );
}

function streamBody(all: readonly string[]): string {
  const bookmark = {
    metadata: { resourceVersion: "9000", annotations: { "k8s.io/initial-events-end": "true" } },
  };
  const lines = all.map((item) => `{"type":"ADDED","object":${item}}\n`);
  return `${lines.join("")}${JSON.stringify({ type: "BOOKMARK", object: bookmark })}\n`;
}

function pageBody(all: readonly string[], query: URLSearchParams): string {
  const from = Number(query.get("continue") ?? 0);
  const to = from + Number(query.get("limit"));
  const metadata = { resourceVersion: "9000", ...(to < all.length && { continue: String(to) }) };
  const bare = all.slice(from, to).map((item) => item.replace('"kind":"ConfigMap","apiVersion":"v1",', ""));
  return `{"kind":"ConfigMapList","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[${bare.join(",")}]}\n`;
}

/** Answers as an API server with these objects. */
function serve(all: readonly string[], streams: boolean) {
  return (request: Http2ServerRequest, reply: Http2ServerResponse) => {
    const query = new URL(request.url, "https://x").searchParams;
    if (query.get("watch") !== null && !streams) return void reply.writeHead(400).end("no");
    const body = query.get("watch") === null ? pageBody(all, query) : streamBody(all);
    reply.writeHead(200, { "content-type": "application/json", date: "Sun, 22 Nov 2026 10:00:00 GMT" });
    if (query.get("watch") === null) reply.end(body);
    else reply.write(body);
  };
}

async function readAll(list: AsyncGenerator<ItemBatch, ListSummary, void>) {
  const names: string[] = [];
  for (let step = await list.next(); ; step = await list.next()) {
    if (step.done) return { names, summary: step.value };
    for (const item of step.value) names.push(JSON.parse(Buffer.from(item).toString()).metadata.name);
  }
}

describe.each(["h2", "http/1.1"] as const)("a list over %s whose connection breaks", (protocol) => {
  let server: FakeApiServer;
  beforeAll(async () => {
    server = await startFakeApiServer({ protocol });
  });
  afterAll(() => server.stop());

  const list = (cluster: Cluster, more: Partial<ListRequest>) =>
    readAll(cluster.list({ resource, signal, ...more }));

  it.each([
    { size: "small", streams: true, runs: 12 },
    { size: "small", streams: false, runs: 12 },
    { size: "large", streams: true, runs: 6 },
    { size: "large", streams: false, runs: 6 },
  ] as const)("gives every item once: $size, streams $streams", async ({ size, streams, runs }) => {
    const all = items(sizes[size]);
    const names = Array.from(all, (_, index) => `c${index}`);
    server.handle(serve(all, streams));
    const cut = fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      how: fc.constantFrom("fin", "rst"),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ share, how }) => {
        const cluster = openCluster(server.access, { userAgent: "test" });
        try {
          // The handshake is over, so that the bytes counted are those of the list.
          await cluster.version(signal).catch(() => undefined);
          server.gate.cut({ afterBytes: Math.floor(share * streamBody(all).length), how });
          const found = await list(cluster, streams ? {} : { pageSize: 90 });
          expect(found.names.toSorted()).toEqual(names.toSorted());
          expect(found.summary.count).toBe(names.length);
        } finally {
          cluster.close();
        }
      }),
      { numRuns: runs },
    );
  });

  it("stays of one moment when it was small enough to begin again", async () => {
    const all = items(sizes.small);
    server.handle(serve(all, true));
    const cluster = openCluster(server.access, { userAgent: "test" });
    await cluster.version(signal).catch(() => undefined);
    server.gate.cut({ afterBytes: 20_000, how: "rst" });
    const { summary } = await list(cluster, {});
    cluster.close();
    expect(summary).toMatchObject({
      consistent: true,
      method: "watch-list",
      requests: 2,
      resourceVersion: "9000",
    });
  });

  it("is marked as not of one moment when a part had been given already", async () => {
    const all = items(sizes.large);
    server.handle(serve(all, true));
    const cluster = openCluster(server.access, { userAgent: "test" });
    await cluster.version(signal).catch(() => undefined);
    server.gate.cut({ afterBytes: 2_500_000, how: "fin" });
    const { summary } = await list(cluster, {});
    cluster.close();
    expect(summary).toMatchObject({ consistent: false, method: "pages", count: 2_000 });
  });

  it("fails in the user's words when the connection breaks again and again", async () => {
    const all = items(sizes.small);
    server.handle((request, reply) => {
      server.gate.cut({ afterBytes: 30_000, how: "fin" });
      serve(all, true)(request, reply);
    });
    const cluster = openCluster(server.access, { userAgent: "test" });
    const broken = list(cluster, {});
    await expect(broken).rejects.toMatchObject({ code: "cluster-unreachable", retryable: true });
    cluster.close();
  });
});
