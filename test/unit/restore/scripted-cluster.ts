import type { Cluster, ListSummary, WatchEvent, WriteReply } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";

/** What happens at one call of create, patch or get; the last one stays. */
export type Step =
  | "created"
  | "lost"
  | { readonly refused: number; readonly reason?: string; readonly message?: string };

export interface Script {
  readonly create?: readonly Step[];
  readonly patch?: readonly Step[];
  readonly get?: readonly (object | undefined)[];
  /** Objects of a list, then of the watch that follows. */
  readonly list?: readonly object[];
  readonly watch?: readonly object[];
}

export interface ScriptedCluster {
  readonly cluster: Cluster;
  /** Parsed bodies of all creations and patches. */
  readonly sent: { readonly verb: "create" | "patch"; readonly body: Record<string, unknown> }[];
}

/** Plays one side of a conversation with an API server; any other call fails. */
export function scriptedCluster(script: Script): ScriptedCluster {
  const sent: ScriptedCluster["sent"] = [];
  const calls = { create: 0, patch: 0, get: 0 };
  const bytes = (object: object) => Buffer.from(JSON.stringify(object));
  const next = <T>(steps: readonly T[] | undefined, call: keyof typeof calls): T | undefined => {
    const step = steps?.[Math.min(calls[call], steps.length - 1)];
    calls[call] += 1;
    return step;
  };
  const played = {
    create: async (_ref: unknown, body: Uint8Array): Promise<WriteReply> => {
      sent.push({ verb: "create", body: JSON.parse(Buffer.from(body).toString()) });
      return reply(next(script.create, "create") ?? "created");
    },
    patch: async (_ref: unknown, { body }: { body: Uint8Array }): Promise<WriteReply> => {
      sent.push({ verb: "patch", body: JSON.parse(Buffer.from(body).toString()) });
      return reply(next(script.patch, "patch") ?? "created");
    },
    get: async () => {
      const object = next(script.get, "get");
      return object === undefined ? undefined : bytes(object);
    },
    list: async function* (): AsyncGenerator<Uint8Array[], ListSummary, void> {
      yield (script.list ?? []).map(bytes);
      return { resourceVersion: "9" } as ListSummary; // only this is read
    },
    watch: async function* (request: { signal: AbortSignal }): AsyncGenerator<WatchEvent> {
      for (const object of script.watch ?? []) yield { type: "MODIFIED", object: bytes(object) };
      await new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason), { once: true });
      });
    },
  };
  // Calls that no script foresees end in a TypeError, which fails the test.
  return { cluster: played as unknown as Cluster, sent };
}

function reply(step: Step): WriteReply {
  if (step === "lost") throw new Failure("cluster-unreachable", "the connection broke", { retryable: true });
  if (step === "created") {
    const metadata = { name: "one", namespace: "app", uid: "new-uid", resourceVersion: "8" };
    const body = Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata }));
    return { ok: true, status: 201, body, warnings: [] };
  }
  const { refused: status, reason = "", message = "" } = step;
  return { ok: false, status, reason, message, causes: [], warnings: [] };
}
