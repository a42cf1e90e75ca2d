import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits, and stops waiting the moment the signal fires, throwing its reason. The timer is cleared then, so a
 * stopped run leaves nothing behind that keeps the process alive; a wait that somebody awaits does keep it alive.
 */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
