import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cluster } from "#core/kube/cluster.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { type ExecServer, type RemoteCommand, startExecServer } from "#test/doubles/exec-server.ts";

const success = JSON.stringify({ metadata: {}, status: "Success" });
const failure = (reason: string, message: string, code?: string) =>
  JSON.stringify({
    metadata: {},
    status: "Failure",
    reason,
    message,
    ...(code !== undefined && { details: { causes: [{ reason: "ExitCode", message: code }] } }),
  });

let server: ExecServer;
let cluster: Cluster;
const told: string[] = [];

beforeAll(async () => {
  server = await startExecServer();
  cluster = openCluster(server.access, { userAgent: "test", onRequest: (text) => told.push(text) });
});
afterAll(async () => {
  cluster.close();
  await server.stop();
});

function run(command: readonly string[], signal: AbortSignal = AbortSignal.timeout(10_000)) {
  return cluster.exec({ namespace: "shop", pod: "db", container: "pg", command, signal });
}

/** What the runtime does, and how the command ends for who asked. */
async function ended(play: (command: RemoteCommand) => void) {
  server.handle(play);
  return run(["true"]);
}

describe("a command in a container", () => {
  it("ends with its exit status, whatever it writes meanwhile", async () => {
    const end = await ended(({ send }) => {
      for (const channel of [1, 2, 3]) send(channel, "");
      send(1, "x".repeat(200_000));
      send(2, '{"status":"Failure"}');
      send(3, success);
    });
    expect(end).toEqual({ type: "exited", code: 0 });
  });

  it("ends with the exit code that the status names", async () => {
    const end = await ended(({ send }) => send(3, failure("NonZeroExitCode", "exit code 7", "7")));
    expect(end).toEqual({ type: "exited", code: 7 });
  });

  it("says why it did not run", async () => {
    const end = await ended(({ send }) => send(3, failure("InternalError", 'exec: "nope": not found')));
    expect(end).toEqual({ type: "not-run", message: 'exec: "nope": not found' });
  });

  it.each([
    ["cut", ({ cut }: RemoteCommand) => cut()],
    ["closed in order", ({ close }: RemoteCommand) => close()],
    [
      "cut after output",
      ({ send, cut }: RemoteCommand) => {
        send(1, "done");
        cut();
      },
    ],
    ["ended by a status that cannot be read", ({ send }: RemoteCommand) => send(3, "all is well")],
    ["ended by a failure without an exit code", ({ send }: RemoteCommand) => send(3, "{}")],
  ])("is never a success where the connection was %s", async (_, play) => {
    await expect(ended(play)).rejects.toMatchObject({ name: "Failure" });
  });

  it("arrives word by word, in the newest protocol, with the caller's credentials, and is told nowhere", async () => {
    const asked = Promise.withResolvers<RemoteCommand>();
    server.handle((command) => {
      asked.resolve(command);
      command.send(3, success);
    });
    await run(["/bin/sh", "-c", 'echo "a b" & c=d; # ü']);
    const { url, protocol } = await asked.promise;
    expect(url.pathname).toBe("/api/v1/namespaces/shop/pods/db/exec");
    expect(url.searchParams.getAll("command")).toEqual(["/bin/sh", "-c", 'echo "a b" & c=d; # ü']);
    expect(url.searchParams.get("container")).toBe("pg");
    expect(protocol).toBe("v5.channel.k8s.io");
    expect(told.at(-1)).toBe("GET /api/v1/namespaces/shop/pods/db/exec");
  });

  it("is refused in the server's words", async () => {
    const status = { kind: "Status", status: "Failure", reason: "Forbidden", message: "pods is forbidden" };
    server.refuse({ status: 403, body: JSON.stringify(status) });
    await expect(run(["true"])).rejects.toMatchObject({
      code: "cluster-forbidden",
      message: expect.stringContaining("pods is forbidden"),
    });
    server.refuse({ status: 200, body: "a login page" });
    await expect(run(["true"])).rejects.toMatchObject({ name: "Failure" });
    server.refuse(undefined);
  });

  it("is waited for no longer than its signal says, and the connection goes with it", async () => {
    const asked = Promise.withResolvers<RemoteCommand>();
    server.handle(asked.resolve);
    const stop = new AbortController();
    const running = run(["sleep", "1000"], stop.signal);
    const { gone } = await asked.promise;
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await gone;
  });

  it("goes by the older protocol where the server knows no other", async () => {
    const older = await startExecServer(["v4.channel.k8s.io"]);
    const old = openCluster(older.access, { userAgent: "test" });
    older.handle(({ protocol, send }) =>
      send(3, protocol === "v4.channel.k8s.io" ? success : failure("", "")),
    );
    const signal = AbortSignal.timeout(10_000);
    const end = await old.exec({ namespace: "a", pod: "b", container: "c", command: ["true"], signal });
    expect(end).toEqual({ type: "exited", code: 0 });
    old.close();
    await older.stop();
  });
});
