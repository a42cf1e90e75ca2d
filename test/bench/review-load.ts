import { Agent, request } from "node:https";
import { performance } from "node:perf_hooks";
import type { GuardedNamespace } from "./guard-backups.ts";

// Reviews as an API server sends them: HTTP/1.1 over TLS, connections kept alive.
const SERVED = { host: "127.0.0.1", path: "/review", method: "POST", rejectUnauthorized: false } as const;

export interface Answered {
  readonly ms: number;
  readonly status: number;
  readonly text: string;
}

/** Connections to one server, opened once: an API server keeps its own for minutes. */
export class ReviewSender {
  readonly #port: number;
  readonly #connections: number;
  readonly #agent: Agent;

  constructor(port: number, connections: number) {
    this.#port = port;
    this.#connections = connections;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Each body once, as many under way at any moment as there are connections; in the order of the bodies. */
  async send(bodies: readonly string[]): Promise<readonly Answered[]> {
    const answers: Answered[] = [];
    let next = 0;
    const worker = async () => {
      while (next < bodies.length) {
        const at = next++;
        answers[at] = await send(bodies[at] ?? "", { agent: this.#agent, port: this.#port });
      }
    };
    await Promise.all(Array.from({ length: this.#connections }, worker));
    return answers;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function send(
  body: string,
  { agent, port }: { readonly agent: Agent; readonly port: number },
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asked = request({ ...SERVED, port, agent, headers }, (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (chunk: string) => {
        text += chunk;
      });
      reply.on("end", () =>
        resolve({ ms: performance.now() - startedAt, status: reply.statusCode ?? 0, text }),
      );
      reply.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** What an API server sends before it deletes a namespace that kubectl made. */
export function deletionReview({ name, uid }: GuardedNamespace): string {
  const labels = { "kubernetes.io/metadata.name": name, "kubectl-backup.io/protect": "true" };
  const owned = {
    "f:metadata": {
      "f:labels": { ".": {}, "f:kubernetes.io/metadata.name": {}, "f:kubectl-backup.io/protect": {} },
    },
  };
  const oldObject = {
    kind: "Namespace",
    apiVersion: "v1",
    metadata: {
      name,
      uid,
      resourceVersion: "41872",
      creationTimestamp: "2026-05-01T10:00:00Z",
      labels,
      managedFields: [
        {
          manager: "kubectl-create",
          operation: "Update",
          apiVersion: "v1",
          time: "2026-05-01T10:00:00Z",
          fieldsType: "FieldsV1",
          fieldsV1: owned,
        },
      ],
    },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
  const kind = { group: "", version: "v1", kind: "Namespace" };
  const resource = { group: "", version: "v1", resource: "namespaces" };
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: crypto.randomUUID(),
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name,
      namespace: name,
      operation: "DELETE",
      userInfo: { username: "alice", groups: ["developers", "system:authenticated"] },
      object: null,
      oldObject,
      dryRun: true,
      options: {
        kind: "DeleteOptions",
        apiVersion: "meta.k8s.io/v1",
        preconditions: { uid },
        propagationPolicy: "Background",
      },
    },
  });
}
