import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** Ends a connection after so many more bytes from the server: with a FIN or an RST, in the middle of whatever it was. */
export interface WireCut {
  readonly afterBytes: number;
  readonly how: "fin" | "rst";
}

export interface TcpGate {
  readonly port: number;
  connections(): number;
  /** Once, on whatever connection gets there first. */
  cut(cut: WireCut): void;
  /** Forgets a cut that nothing has reached. */
  spare(): void;
  stop(): Promise<void>;
}

/** Passes TCP through to a port of this machine. */
export async function openTcpGate(target: number): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let armed: WireCut | undefined;
  let passed = 0;
  let connections = 0;

  const pass = (client: Socket, chunk: Buffer): boolean => {
    const room = armed === undefined ? chunk.length : armed.afterBytes - passed;
    passed += chunk.length;
    if (armed === undefined || room >= chunk.length) return client.write(chunk);
    const { how } = armed;
    armed = undefined;
    client.write(chunk.subarray(0, room), () =>
      how === "rst" ? client.resetAndDestroy() : client.destroySoon(),
    );
    return false;
  };

  const server = createServer((client) => {
    connections++;
    const upstream = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.once("close", () => {
        to.destroy();
        sockets.delete(from);
      });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      if (!pass(client, chunk)) upstream.pause();
    });
    client.on("drain", () => upstream.resume());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // A TCP server's address is no string.
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    cut: (cut) => {
      passed = 0;
      armed = cut;
    },
    spare: () => {
      armed = undefined;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
