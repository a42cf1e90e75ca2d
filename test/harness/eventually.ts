import { setTimeout as sleep } from "node:timers/promises";

export type Patience = { readonly timeoutMs?: number; readonly intervalMs?: number };

/**
 * Calls `probe` until it returns something other than undefined or false, and gives that back. A probe that throws
 * counts as "not yet"; its last error is the cause of the one thrown when patience (default 90 s: a machine may be busy) runs out.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  { timeoutMs = 90_000, intervalMs = 50 }: Patience = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  while (Date.now() < deadline) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(intervalMs);
  }
  throw new Error(`waited ${timeoutMs / 1000} s in vain: ${what}`, { cause });
}
