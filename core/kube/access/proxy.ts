import type { Duplex } from "node:stream";
import { Failure } from "#core/model/errors.ts";

/** The way to the cluster leads through this proxy; `url` may hold a password and never goes into a text. */
export interface ProxyTarget {
  /** http:, https:, socks5: or socks5h: */
  readonly url: URL;
  /** What an https: proxy is verified by, besides the system's authorities. */
  readonly ca: string | undefined;
  readonly rejectUnauthorized: boolean;
}

export interface TunnelEnd {
  readonly host: string;
  readonly port: number;
}

/** A raw connection to `target` as if there were no proxy; TLS to the cluster goes on top. The proxy resolves names. */
export async function openProxyTunnel(
  target: TunnelEnd,
  proxy: ProxyTarget,
  signal: AbortSignal,
): Promise<Duplex> {
  try {
    signal.throwIfAborted();
    // Each brings libraries that nobody needs without such a proxy.
    if (proxy.url.protocol.startsWith("socks")) {
      const { openSocksTunnel } = await import("./proxy-socks.ts");
      return await openSocksTunnel(target, proxy, signal);
    }
    const { openConnectTunnel } = await import("./proxy-connect.ts");
    return await openConnectTunnel(target, proxy, signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof Failure) throw cause;
    throw new Failure("cluster-unreachable", `no connection through the proxy ${proxy.url.host}`, {
      hint: "check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY",
      retryable: true,
      cause,
    });
  }
}

/** Without the brackets of an IPv6 address, which only URLs want. */
export function proxyHost(proxy: ProxyTarget): string {
  return proxy.url.hostname.replace(/^\[(.*)\]$/, "$1");
}

export function proxyLogin(
  proxy: ProxyTarget,
): { readonly name: string; readonly password: string } | undefined {
  const { username, password } = proxy.url;
  if (username === "" && password === "") return undefined;
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) };
}
