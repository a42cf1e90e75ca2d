import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { ClusterAccess } from "#core/kube/access/access.ts";
import { accessTo } from "#test/doubles/fake-api-server.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";

/** A command that has been asked for; the test plays the container's runtime. */
export interface RemoteCommand {
  /** Path and query. */
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly protocol: string;
  send(channel: number, text: string): void;
  /** The connection vanishes, without any farewell. */
  cut(): void;
  /** The connection is closed in order. */
  close(): void;
  /** Resolves when the client has gone. */
  readonly gone: Promise<void>;
}

export interface ExecServer {
  readonly access: ClusterAccess;
  handle(command: (command: RemoteCommand) => void): void;
  /** Instead of upgrading; undefined: upgrade. */
  refuse(answer: { readonly status: number; readonly body: string } | undefined): void;
  stop(): Promise<void>;
}

/** The remote command protocol over TLS, for the subprotocols that it is told to know. */
export async function startExecServer(
  known: readonly string[] = ["v5.channel.k8s.io", "v4.channel.k8s.io"],
): Promise<ExecServer> {
  const ca = await createAuthority("exec");
  const { key, cert } = await issueServer(ca, ["127.0.0.1"]);
  const server = createServer({ key, cert });
  const sockets = new Set<Socket>();
  const upgrader = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered].find((protocol) => known.includes(protocol)) ?? false,
  });
  let handler: (command: RemoteCommand) => void = ({ close }) => close();
  let refusal: { readonly status: number; readonly body: string } | undefined;
  server.on("secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    if (refusal !== undefined) {
      const { status, body } = refusal;
      const length = Buffer.byteLength(body);
      socket.end(
        `HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`,
      );
      return;
    }
    upgrader.handleUpgrade(request, socket, head, (client) => {
      const url = new URL(request.url ?? "/", "https://server");
      handler(remoteCommand(client, url, request.headers.authorization));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is no string.
  const { port } = server.address() as AddressInfo;
  return {
    access: accessTo(new URL(`https://127.0.0.1:${port}`), ca.cert),
    handle: (next) => {
      handler = next;
    },
    refuse: (answer) => {
      refusal = answer;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function remoteCommand(client: WebSocket, url: URL, authorization: string | undefined): RemoteCommand {
  return {
    url,
    authorization,
    protocol: client.protocol,
    send: (channel, text) => client.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)])),
    cut: () => client.terminate(),
    close: () => client.close(1000),
    gone: new Promise((resolve) => client.once("close", () => resolve())),
  };
}
