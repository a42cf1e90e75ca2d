import type { WriteReply } from "./cluster.ts";

/** The uid in a precondition is another object's, which is told as a field that cannot change. */
export function isOfAnother({ status, message }: Extract<WriteReply, { ok: false }>): boolean {
  return status === 422 && message.includes("metadata.uid");
}
