import { connect as connectTcp } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { ClusterAccess, ClusterTls } from "#core/kube/access/access.ts";
import { openProxyTunnel } from "#core/kube/access/proxy.ts";
import { BrokenExchange } from "./wire.ts";

export type Protocol = "h2" | "http/1.1";

export interface DialledSocket {
  readonly socket: Duplex;
  /** What the server chose. */
  readonly protocol: Protocol;
}

export interface Dialling {
  readonly offered: readonly Protocol[];
  /** Nobody waits for it any more: a socket that is being opened would keep the process for as long as it may take. */
  readonly closing: AbortSignal;
}

/** As client-go's dialer: an address that swallows packets is given up after this. */
const DIAL_TIMEOUT_MS = 30_000;

/** Opens the way to the server: TCP or a tunnel through the proxy, then TLS with the protocols offered. */
export async function dial(
  access: ClusterAccess,
  tls: ClusterTls,
  { offered, closing }: Dialling,
): Promise<DialledSocket> {
  const late = AbortSignal.timeout(DIAL_TIMEOUT_MS);
  const signal = AbortSignal.any([late, closing]);
  try {
    const raw = await openRaw(access, signal);
    if (access.server.protocol === "http:") return { socket: raw, protocol: "http/1.1" };
    const socket = await handshake(raw, { access, tls, offered, signal });
    return { socket, protocol: socket.alpnProtocol === "h2" ? "h2" : "http/1.1" };
  } catch (cause) {
    if (cause instanceof BrokenExchange) throw cause;
    const message = late.aborted
      ? `no answer within ${DIAL_TIMEOUT_MS / 1000} s`
      : String((cause as Error).message);
    throw new BrokenExchange(message, { sent: "never", dialling: true, cause });
  }
}

function portOf(server: URL): number {
  if (server.port !== "") return Number(server.port);
  return server.protocol === "http:" ? 80 : 443;
}

/** Without the brackets of an IPv6 address. */
function hostOf(server: URL): string {
  return server.hostname.replace(/^\[|\]$/g, "");
}

function openRaw({ server, proxy }: ClusterAccess, signal: AbortSignal): Promise<Duplex> {
  const target = { host: hostOf(server), port: portOf(server) };
  if (proxy !== undefined) return openProxyTunnel(target, proxy, signal);
  return settled(connectTcp({ ...target, noDelay: true }), "connect", signal);
}

interface Handshake {
  readonly access: ClusterAccess;
  readonly tls: ClusterTls;
  readonly offered: readonly Protocol[];
  readonly signal: AbortSignal;
}

function handshake(raw: Duplex, { access, tls, offered, signal }: Handshake): Promise<TLSSocket> {
  const { ca, cert, key, servername, rejectUnauthorized } = tls;
  const host = hostOf(access.server);
  const socket = connectTls({
    socket: raw,
    host,
    ALPNProtocols: [...offered],
    rejectUnauthorized,
    // An address is no server name; node:tls checks the certificate against `host` then.
    ...(servername === undefined ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  return settled(socket, "secureConnect", signal);
}

function settled<T extends Duplex>(socket: T, event: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      socket.destroy();
      reject(error);
    };
    const late = () => fail(signal.reason);
    const closed = () => fail(new Error("the server closed the connection"));
    signal.addEventListener("abort", late, { once: true });
    if (signal.aborted) late();
    socket.once("error", fail);
    socket.once("close", closed);
    socket.once(event, () => {
      signal.removeEventListener("abort", late);
      socket.off("error", fail);
      socket.off("close", closed);
      resolve(socket);
    });
  });
}
