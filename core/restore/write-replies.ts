import type { WriteReply } from "#core/kube/cluster.ts";
import type { ItemOutcome } from "#core/model/restore.ts";

export type Refused = Extract<WriteReply, { ok: false }>;

export function failed(reason: string, message: string): ItemOutcome {
  return { result: "failed", reason, message };
}

/** The server's own words, with a reason that machines can tell apart. */
export function refusedOutcome(reply: Refused): ItemOutcome {
  if (isImmutable(reply)) return failed("immutable", reply.message);
  if (reply.causes.includes("NamespaceTerminating")) return failed("namespace-terminating", reply.message);
  if (isNamespaceAbsent(reply)) return failed("namespace-absent", reply.message);
  return failed(kebab(reply.reason) || `status-${reply.status}`, reply.message);
}

function kebab(reason: string): string {
  return reason.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}

export function isAlreadyThere(reply: Refused): boolean {
  return (
    reply.status === 409 &&
    (reply.reason === "AlreadyExists" || /already exists|being deleted/.test(reply.message))
  );
}

function isNamespaceAbsent(reply: Refused): boolean {
  return reply.status === 404 && /^namespaces "/.test(reply.message);
}

/** The kind's path is not there (yet): after a definition is established that may last seconds. */
export function isPathAbsent(reply: Refused): boolean {
  return reply.status === 404 && !isNamespaceAbsent(reply);
}

function isImmutable(reply: Refused): boolean {
  return (
    reply.status === 422 &&
    /immutable|may not (be )?change|updates to .* (are|is) forbidden|cannot change/i.test(reply.message)
  );
}
