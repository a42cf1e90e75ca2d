import { once } from "node:events";
import { createServer as createHttp, type Server as HttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openProxyTunnel, type ProxyTarget } from "#core/kube/access/proxy.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";

const signal = new AbortController().signal;
const servers: Server[] = [];
const sockets = new Set<Duplex>();
let echo: number;

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on TCP has an address of this kind.
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  echo = await listen(createServer((socket) => socket.pipe(socket)));
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});
afterAll(() => {
  for (const server of servers) server.close();
});

const target = (url: string, fields: Partial<ProxyTarget> = {}): ProxyTarget => ({
  url: new URL(url),
  ca: undefined,
  rejectUnauthorized: true,
  ...fields,
});

/** Joins what CONNECT asks for; tells what it was asked. */
function onConnect(server: HttpServer, seen: IncomingMessage[], head = ""): HttpServer {
  return server.on("connect", (request, client) => {
    seen.push(request);
    const [host = "", port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host);
    sockets.add(upstream).add(client);
    upstream.on("error", () => client.destroy());
    client.on("error", () => upstream.destroy());
    client.write(`HTTP/1.1 200 OK\r\n\r\n${head}`);
    upstream.pipe(client).pipe(upstream);
  });
}

/** Everything that comes until the echo of our own word has. */
async function echoed(tunnel: Duplex): Promise<string> {
  sockets.add(tunnel);
  tunnel.write("hello");
  let received = "";
  for await (const chunk of tunnel) {
    received += String(chunk);
    if (received.endsWith("hello")) break;
  }
  return received;
}

describe("through an HTTP proxy", () => {
  test("bytes go both ways, and the login goes to the proxy alone", async () => {
    const seen: IncomingMessage[] = [];
    const port = await listen(onConnect(createHttp(), seen));
    const proxy = target(`http://me:p%40ss@127.0.0.1:${port}`);
    const tunnel = await openProxyTunnel({ host: "127.0.0.1", port: echo }, proxy, signal);
    expect(await echoed(tunnel)).toBe("hello");
    expect(seen[0]?.url).toBe(`127.0.0.1:${echo}`);
    expect(seen[0]?.headers["proxy-authorization"]).toBe(
      `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    );
  });

  test("bytes that came with the proxy's answer are not lost", async () => {
    const port = await listen(onConnect(createHttp(), [], "early "));
    const tunnel = await openProxyTunnel(
      { host: "127.0.0.1", port: echo },
      target(`http://127.0.0.1:${port}`),
      signal,
    );
    expect(await echoed(tunnel)).toBe("early hello");
  });

  test.each([
    [407, false, "a name and a password"],
    [403, false, "answered 403"],
    [502, true, "answered 502"],
  ])("an answer of %i is a failure, worth another attempt: %s", async (status, retryable, told) => {
    const refusing = createHttp().on("connect", (_request, client) =>
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`),
    );
    const proxy = target(`http://me:s3cret@127.0.0.1:${await listen(refusing)}`);
    const opening = openProxyTunnel({ host: "c", port: 1 }, proxy, signal);
    await expect(opening).rejects.toMatchObject({
      code: "cluster-unreachable",
      retryable,
      message: expect.stringContaining(told),
    });
    await expect(opening).rejects.not.toThrow("s3cret");
  });

  test("an abort ends the wait with its reason and the connection with it, but no open tunnel", async () => {
    const closed = Promise.withResolvers<void>();
    const silent = createServer((socket) =>
      socket
        .on("error", () => undefined)
        .on("close", closed.resolve)
        .resume(),
    );
    const stop = new AbortController();
    const proxy = target(`http://127.0.0.1:${await listen(silent)}`);
    const opening = openProxyTunnel({ host: "c", port: 1 }, proxy, stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(opening).rejects.toThrow("enough");
    await closed.promise;

    const later = new AbortController();
    const open = target(`http://127.0.0.1:${await listen(onConnect(createHttp(), []))}`);
    const tunnel = await openProxyTunnel({ host: "127.0.0.1", port: echo }, open, later.signal);
    later.abort();
    expect(await echoed(tunnel)).toBe("hello");
  });

  test("a proxy that is not there is told by its address without the login", async () => {
    const opening = openProxyTunnel({ host: "c", port: 1 }, target("http://me:s3cret@127.0.0.1:1"), signal);
    await expect(opening).rejects.toMatchObject({ code: "cluster-unreachable", retryable: true });
    await expect(opening).rejects.toThrow("the proxy 127.0.0.1:1");
  });
});

describe("through an HTTPS proxy", () => {
  test("it is verified by the cluster's authority, and not at all when that was asked for", async () => {
    const authority = await createAuthority("proxy");
    const port = await listen(onConnect(createHttps(await issueServer(authority, ["127.0.0.1"])), []));
    const end = { host: "127.0.0.1", port: echo };
    const url = `https://127.0.0.1:${port}`;
    expect(await echoed(await openProxyTunnel(end, target(url, { ca: authority.cert }), signal))).toBe(
      "hello",
    );
    await expect(openProxyTunnel(end, target(url), signal)).rejects.toThrow(
      "no connection through the proxy",
    );
    const careless = target(url, { rejectUnauthorized: false });
    expect(await echoed(await openProxyTunnel(end, careless, signal))).toBe("hello");
  });
});

describe("through a SOCKS proxy", () => {
  /** RFC 1928 as a server; the name of the target comes out unresolved. */
  function socksServer(login: string | undefined, seen: string[]): Server {
    return createServer(async (client) => {
      client.on("error", () => undefined);
      // What a socket's `data` event brings.
      const next = async (): Promise<Buffer> => (await once(client, "data"))[0] as Buffer;
      await next();
      client.write(Buffer.from([5, login === undefined ? 0 : 2]));
      if (login !== undefined) client.write(Buffer.from([1, loginOf(await next()) === login ? 0 : 1]));
      const request = await next();
      seen.push(request.subarray(5, request.length - 2).toString());
      const upstream = connect(request.readUInt16BE(request.length - 2), "127.0.0.1");
      sockets.add(upstream);
      client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      upstream.pipe(client).pipe(upstream);
    });
  }

  /** RFC 1929. */
  function loginOf(offered: Buffer): string {
    const name = offered.subarray(2, 2 + (offered[1] ?? 0)).toString();
    return `${name}:${offered.subarray(3 + name.length).toString()}`;
  }

  test("bytes go both ways and the proxy resolves the name", async () => {
    const seen: string[] = [];
    const proxy = target(`socks5://127.0.0.1:${await listen(socksServer(undefined, seen))}`);
    const tunnel = await openProxyTunnel({ host: "cluster.internal", port: echo }, proxy, signal);
    expect(await echoed(tunnel)).toBe("hello");
    expect(seen).toEqual(["cluster.internal"]);
  });

  test("a login is offered", async () => {
    const proxy = target(`socks5h://me:p%40ss@127.0.0.1:${await listen(socksServer("me:p@ss", []))}`);
    const tunnel = await openProxyTunnel({ host: "cluster.internal", port: echo }, proxy, signal);
    expect(await echoed(tunnel)).toBe("hello");
  });

  test("an abort ends the wait with its reason", async () => {
    const silent = createServer((socket) => socket.on("error", () => undefined).resume());
    const stop = new AbortController();
    const proxy = target(`socks5://127.0.0.1:${await listen(silent)}`);
    const opening = openProxyTunnel({ host: "c", port: 1 }, proxy, stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(opening).rejects.toThrow("enough");
  });
});
