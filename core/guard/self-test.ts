import type { Cluster, WriteReply } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import { readItemHeader } from "#core/objects/item-header.ts";

/**
 * Whether the guard answers, asked through everything that lies between: a dry run of the deletion of a protected
 * namespace that is in no backup. Only the guard's own refusal is a yes.
 */
export type SelfTest =
  | { readonly answer: "answered"; readonly message: string }
  /** The API server could not reach it, or got no answer that it understands. */
  | { readonly answer: "failed"; readonly message: string }
  /** The deletion would have been let through: the webhook was not asked. */
  | { readonly answer: "not-asked" }
  | { readonly answer: "not-installed" }
  /** The rights do not reach for asking. */
  | { readonly answer: "forbidden"; readonly message: string };

const REF = { resource: NAMESPACES, namespace: "", name: GUARD.selfTest } as const;

export async function askGuard(cluster: Cluster, signal: AbortSignal): Promise<SelfTest> {
  const found = await readScratch(cluster, signal);
  if (found === undefined) return { answer: "not-installed" };
  if (typeof found !== "string") return found;
  const reply = await cluster.remove(REF, {
    uid: found,
    propagationPolicy: "Background",
    dryRun: true,
    signal,
  });
  return reply.ok ? { answer: "not-asked" } : meaningOf(reply);
}

/** Its uid. */
async function readScratch(cluster: Cluster, signal: AbortSignal): Promise<string | SelfTest | undefined> {
  try {
    const body = await cluster.get(REF, signal);
    return body === undefined ? undefined : readItemHeader(body).uid;
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) {
      return { answer: "forbidden", message: error.message };
    }
    throw error;
  }
}

function meaningOf(reply: WriteReply & { ok: false }): SelfTest {
  const { message } = reply;
  if (guardsRefusal(reply) !== undefined) return { answer: "answered", message };
  if (reply.status === 403 && !isSilence(reply)) return { answer: "forbidden", message };
  return { answer: "failed", message };
}

/** What the guard said, without the API server's words before it (apiserver, admission/plugin/webhook/errors). */
export function guardsRefusal({ message }: WriteReply & { ok: false }): string | undefined {
  const introduction = `admission webhook "${GUARD.webhook}" denied the request: `;
  return message.startsWith(introduction) ? message.slice(introduction.length) : undefined;
}

/** The API server could not reach the guard. */
export function isSilence({ message }: WriteReply & { ok: false }): boolean {
  return message.includes(`failed calling webhook "${GUARD.webhook}"`);
}
