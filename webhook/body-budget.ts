import type { NextFunction, Request, Response } from "express";
import { ByteBudget } from "#core/flow/byte-budget.ts";
import { isHeapOfBrackets } from "#core/objects/nesting.ts";

/** Before and after a change an object comes twice, of 1.5 MiB at most in etcd. */
export const LARGEST_REVIEW_BYTES = 4 * 1024 * 1024;
/** Most namespaces' reviews have a few KiB. */
const SMALL_BYTES = 64 * 1024;

/** Before it is parsed, which would take the memory. */
export function refuseHeap(_: unknown, _reply: unknown, body: Uint8Array): void {
  if (body.length > SMALL_BYTES && isHeapOfBrackets(body)) {
    throw Object.assign(new Error("more lists and maps than any object has"), { status: 413 });
  }
}

/**
 * Lets small bodies in at once and large ones one after the other: JSON takes several times its size while it is read,
 * which a guard has the memory for once. Who waits is not read from, and cut off when its time is over.
 */
export function createBodyBudget() {
  const large = new ByteBudget(LARGEST_REVIEW_BYTES);
  return async (request: Request, reply: Response, next: NextFunction): Promise<void> => {
    // A body whose length is not told may have any.
    const bytes = Number(request.headers["content-length"] ?? LARGEST_REVIEW_BYTES);
    if (bytes > SMALL_BYTES) {
      const left = new AbortController();
      reply.once("close", () => left.abort());
      const release = await large
        .acquire(Math.min(bytes, LARGEST_REVIEW_BYTES), left.signal)
        .catch(() => undefined);
      // Nobody waits for an answer any more.
      if (release === undefined) return;
      reply.once("close", release);
    }
    next();
  };
}
