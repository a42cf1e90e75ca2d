import { once } from "node:events";
import { type IncomingMessage, request as requestPlain } from "node:http";
import { type RequestOptions, request as requestTls } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getCACertificates } from "node:tls";
import { Failure } from "#core/model/errors.ts";
import { basic } from "./header.ts";
import { type ProxyTarget, proxyHost, proxyLogin, type TunnelEnd } from "./proxy.ts";

/** HTTP's CONNECT (RFC 9110, 9.3.6), to a proxy that speaks plain HTTP or TLS itself. */
export async function openConnectTunnel(
  target: TunnelEnd,
  proxy: ProxyTarget,
  signal: AbortSignal,
): Promise<Duplex> {
  const asking =
    proxy.url.protocol === "https:"
      ? requestTls(tlsQuestion(target, proxy))
      : requestPlain(question(target, proxy));
  asking.end();
  try {
    // The signal ends only the wait: an open tunnel belongs to whoever asked for it. once() gives a list of unknowns,
    // whose types are those of the event `connect`.
    const [reply, socket, head] = (await once(asking, "connect", { signal })) as [
      IncomingMessage,
      Socket,
      Buffer,
    ];
    if (reply.statusCode !== 200) throw refusal(proxy, reply.statusCode ?? 0);
    if (head.length > 0) socket.unshift(head);
    return socket;
  } catch (error) {
    asking.on("error", () => undefined);
    asking.destroy();
    throw error;
  }
}

function question(target: TunnelEnd, proxy: ProxyTarget): RequestOptions {
  const authority = `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}`;
  const login = proxyLogin(proxy);
  return {
    host: proxyHost(proxy),
    port: proxy.url.port || (proxy.url.protocol === "https:" ? 443 : 80),
    method: "CONNECT",
    path: authority,
    headers: {
      host: authority,
      ...(login ? { "proxy-authorization": basic(login.name, login.password) } : {}),
    },
    agent: false,
  };
}

/** Go verifies such a proxy by the cluster's authorities alone; a company's own are mostly the system's. */
function tlsQuestion(target: TunnelEnd, proxy: ProxyTarget): RequestOptions {
  const authorities = proxy.ca === undefined ? {} : { ca: [...getCACertificates("default"), proxy.ca] };
  return { ...question(target, proxy), ...authorities, rejectUnauthorized: proxy.rejectUnauthorized };
}

function refusal(proxy: ProxyTarget, status: number): Failure {
  const why = status === 407 ? "it wants a name and a password" : `it answered ${status}`;
  return new Failure(
    "cluster-unreachable",
    `the proxy ${proxy.url.host} opens no way to the cluster: ${why}`,
    {
      hint: "check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY",
      // A gateway's own trouble passes; a refusal stays.
      retryable: status >= 500,
      reply: { status, reason: "" },
    },
  );
}
