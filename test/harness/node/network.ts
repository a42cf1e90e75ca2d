// One wire between the machine and the node: 10.250.N.1 here (where the API server listens, so that pods reach it),
// 10.250.N.2 in the node, its pods in 10.244.N.0/24. Nothing is reachable from other machines.
import { randomInt } from "node:crypto";
import { runCommand } from "#test/harness/run-command.ts";
import type { NodeNamespaces } from "./namespaces.ts";
import { runInside } from "./namespaces.ts";

export type NodeNetwork = {
  /** Tells nodes on one machine apart. */
  readonly number: number;
  readonly hostAddress: string;
  readonly nodeAddress: string;
  readonly podRange: string;
};

const NUMBERS = 256;

/** The machine's end of the wire of node N. */
export function interfaceOf(number: number): string {
  return `kb-node-${number}`;
}

/** Lays the wire under the first free number. It vanishes with the node's namespaces. */
export async function connectNode({ holder, enter }: NodeNamespaces): Promise<NodeNetwork> {
  const number = await addWire(holder.pid);
  const network = {
    number,
    hostAddress: `10.250.${number}.1`,
    nodeAddress: `10.250.${number}.2`,
    podRange: `10.244.${number}.0/24`,
  };
  const { hostAddress, nodeAddress, podRange } = network;
  const wire = interfaceOf(number);
  await ip("addr", "add", `${hostAddress}/30`, "dev", wire);
  await ip("link", "set", wire, "up");
  const inside = (...args: readonly string[]) => runInside(enter, ["ip", ...args]);
  await inside("link", "set", "lo", "up");
  await inside("addr", "add", `${nodeAddress}/30`, "dev", "eth0");
  await inside("link", "set", "eth0", "up");
  await inside("route", "add", "default", "via", hostAddress);
  await ip("route", "add", podRange, "via", nodeAddress);
  await runInside(enter, ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
  return network;
}

/** The kernel takes the wire away some time after the node has ended; this does it at once. */
export async function disconnectNode(number: number): Promise<void> {
  await ip("link", "delete", interfaceOf(number)).catch((error: Error) => {
    if (!error.message.includes("Cannot find device")) throw error;
  });
}

async function addWire(pid: number): Promise<number> {
  const first = randomInt(NUMBERS);
  for (let tried = 0; tried < NUMBERS; tried += 1) {
    const number = (first + tried) % NUMBERS;
    const wire = ["link", "add", interfaceOf(number), "type", "veth", "peer", "name", "eth0"];
    const added = await ip(...wire, "netns", String(pid)).catch((error: Error) => {
      if (!error.message.includes("File exists")) throw error;
    });
    if (added !== undefined) return number;
  }
  throw new Error(`all ${NUMBERS} numbers of nodes are taken on this machine`);
}

function ip(...args: readonly string[]): Promise<string> {
  return runCommand("ip", args);
}
