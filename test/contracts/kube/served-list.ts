import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { ItemBatch, ListRequest, ListSummary } from "#core/kube/cluster.ts";
import { type ClusterOptions, openCluster } from "#core/kube/open-cluster.ts";
import type { FakeApiServer, Handler } from "#test/doubles/fake-api-server.ts";

// One kind as an API server lists and streams it.

const resource = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
const { signal } = new AbortController();
const VERSION = "9000";

export function itemsOf({ count, bytes }: { count: number; bytes: number }): string[] {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: `c${index}`, namespace: "app", resourceVersion: String(index) },
      data: { text: "x".repeat(bytes) },
    }),
  );
}

export function streamBody(all: readonly string[]): string {
  const bookmark = {
    metadata: { resourceVersion: VERSION, annotations: { "k8s.io/initial-events-end": "true" } },
  };
  const lines = all.map((item) => `{"type":"ADDED","object":${item}}\n`);
  return `${lines.join("")}${JSON.stringify({ type: "BOOKMARK", object: bookmark })}\n`;
}

export function pageBody(all: readonly string[], query: URLSearchParams, resourceVersion = VERSION): string {
  const from = Number(query.get("continue") ?? 0);
  const to = from + Number(query.get("limit"));
  const more = to < all.length && { continue: String(to), remainingItemCount: all.length - to };
  const bare = all.slice(from, to).map((item) => item.replace('"kind":"ConfigMap","apiVersion":"v1",', ""));
  const metadata = JSON.stringify({ resourceVersion, ...more });
  return `{"kind":"ConfigMapList","apiVersion":"v1","metadata":${metadata},"items":[${bare.join(",")}]}\n`;
}

export function queryOf({ url }: Http2ServerRequest): URLSearchParams {
  return new URL(url, "https://x").searchParams;
}

/** Answers as an API server with these objects; a stream stays open behind them. */
export function serve(all: readonly string[], { streams = true } = {}): Handler {
  return (request, reply) => {
    const query = queryOf(request);
    if (query.get("watch") === null) return void begin(reply).end(pageBody(all, query));
    if (!streams) return void reply.writeHead(400).end("no");
    begin(reply).write(streamBody(all));
  };
}

export function begin(reply: Http2ServerResponse): Http2ServerResponse {
  reply.writeHead(200, { "content-type": "application/json", date: "Sun, 22 Nov 2026 10:00:00 GMT" });
  return reply;
}

/** Reads the kind to its end over a connection of its own; `ready` comes before the first list. */
export async function readList(
  server: FakeApiServer,
  request: Partial<ListRequest> = {},
  { ready = () => undefined, ...options }: Partial<ClusterOptions> & { readonly ready?: () => void } = {},
): Promise<{ readonly names: readonly string[]; readonly summary: ListSummary }> {
  const cluster = openCluster(server.access, { userAgent: "test", ...options });
  try {
    // The handshake is over, so that bytes that are counted are those of the list.
    await cluster.version(signal).catch(() => undefined);
    ready();
    return await readAll(cluster.list({ resource, signal, ...request }));
  } finally {
    cluster.close();
  }
}

async function readAll(list: AsyncGenerator<ItemBatch, ListSummary, void>) {
  const names: string[] = [];
  for (let step = await list.next(); ; step = await list.next()) {
    if (step.done) return { names, summary: step.value };
    for (const item of step.value) names.push(JSON.parse(Buffer.from(item).toString()).metadata.name);
  }
}
