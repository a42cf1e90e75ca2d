import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { SocksClient } from "socks";
import { type ProxyTarget, proxyHost, proxyLogin, type TunnelEnd } from "./proxy.ts";

/** SOCKS 5 (RFC 1928). The name of the cluster goes to the proxy unresolved, as Go does for both schemes. */
export async function openSocksTunnel(
  target: TunnelEnd,
  proxy: ProxyTarget,
  signal: AbortSignal,
): Promise<Duplex> {
  const host = proxyHost(proxy);
  const port = Number(proxy.url.port || 1080);
  const login = proxyLogin(proxy);
  const socket = connect({ host, port });
  const stop = (): unknown => socket.destroy(new Error("stopped"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await once(socket, "connect");
    await SocksClient.createConnection({
      command: "connect",
      destination: target,
      proxy: { host, port, type: 5, ...(login ? { userId: login.name, password: login.password } : {}) },
      existing_socket: socket,
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
