import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { ClusterAccess } from "#core/kube/access/access.ts";
import { openTcpGate, type TcpGate } from "#test/doubles/tcp-gate.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";

export type Handler = (request: Http2ServerRequest, reply: Http2ServerResponse) => void | Promise<void>;

export interface FakeApiServer {
  readonly access: ClusterAccess;
  /** Method and path of every request, in order. */
  readonly requests: string[];
  /** Of HTTP, that these were sent in. */
  readonly versions: ReadonlySet<string>;
  /** What all connections pass through. */
  readonly gate: TcpGate;
  handle(handler: Handler): void;
  stop(): Promise<void>;
}

/** Speaks HTTP/2 and HTTP/1.1 over TLS in this process and answers as a test tells it to. */
export async function startFakeApiServer(
  options: { readonly protocol?: "h2" | "http/1.1"; readonly maxConcurrentStreams?: number } = {},
): Promise<FakeApiServer> {
  const ca = await createAuthority("fake");
  const { key, cert } = await issueServer(ca, ["127.0.0.1"]);
  const requests: string[] = [];
  const versions = new Set<string>();
  const sockets = new Set<Socket>();
  let handler: Handler = (_, reply) => void reply.writeHead(404).end();
  const settings = { maxConcurrentStreams: options.maxConcurrentStreams ?? 100 };
  const server = createSecureServer({ key, cert, allowHTTP1: true, maxSessionMemory: 100, settings });
  // Of its options it takes nothing about protocols: whatever they say it offers HTTP/2 first.
  if (options.protocol === "http/1.1") Object.assign(server, { ALPNProtocols: Buffer.from("\x08http/1.1") });
  server.on("request", (request, reply) => {
    requests.push(`${request.method} ${request.url}`);
    versions.add(request.httpVersion);
    reply.on("error", () => undefined);
    void handler(request, reply);
  });
  server.on("sessionError", () => undefined);
  server.on("tlsClientError", () => undefined);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is no string.
  const gate = await openTcpGate((server.address() as AddressInfo).port);
  return {
    access: accessTo(new URL(`https://127.0.0.1:${gate.port}`), ca.cert),
    requests,
    versions,
    gate,
    handle: (next) => {
      handler = next;
    },
    async stop() {
      await gate.stop();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How a double is reached, as some user. */
export function accessTo(server: URL, ca: string): ClusterAccess {
  const tls = { ca, cert: undefined, key: undefined, servername: undefined, rejectUnauthorized: true };
  const headers = {};
  return {
    info: {
      contextName: "fake",
      clusterName: "fake",
      server: server.href,
      namespace: "default",
      caSha256: undefined,
    },
    server,
    proxy: undefined,
    tls: async () => tls,
    headers: async () => headers,
    renew: async () => false,
  };
}
