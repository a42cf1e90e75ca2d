import { uniqueName } from "#test/harness/shared.ts";
import type { Rig } from "./rig.ts";

const MERGE = "application/merge-patch+json";

/** A node on which the test plays scheduler and kubelet. */
export interface PlayedNode {
  /** For some forty seconds, and again whenever pods run: then its controller no longer believes it. */
  sayIsReady(): Promise<void>;
  /** Those pods of one Deployment that are there by now run and are ready. */
  runPodsOf(namespace: string, app: string): Promise<void>;
  remove(): Promise<void>;
}

export async function addPlayedNode({ client }: Rig): Promise<PlayedNode> {
  const node = uniqueName("node");
  await client.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: node } });

  async function patchStatus(path: string, status: Record<string, unknown>): Promise<void> {
    const options = { body: { status }, contentType: MERGE };
    const reply = await client.request("PATCH", `${path}/status`, options);
    if (reply.status !== 200) throw new Error(reply.text);
  }

  const sayIsReady = () => patchStatus(`/api/v1/nodes/${node}`, { conditions: [ready()] });

  return {
    sayIsReady,
    runPodsOf: async (namespace, app) => {
      await sayIsReady();
      const pods = `/api/v1/namespaces/${namespace}/pods`;
      for (const { metadata, spec } of await client.list(pods)) {
        const path = `${pods}/${metadata.name}`;
        if (!metadata.name.startsWith(`${app}-`)) continue;
        if ((spec as Record<string, unknown>)["nodeName"] === undefined) {
          await client.request("POST", `${path}/binding`, {
            body: {
              apiVersion: "v1",
              kind: "Binding",
              metadata: { name: metadata.name },
              target: { apiVersion: "v1", kind: "Node", name: node },
            },
          });
        }
        await patchStatus(path, {
          phase: "Running",
          startTime: new Date().toISOString(),
          conditions: [ready()],
        });
      }
    },
    remove: () => client.delete(`/api/v1/nodes/${node}`),
  };
}

const ready = () => ({ type: "Ready", status: "True", lastHeartbeatTime: new Date().toISOString() });
