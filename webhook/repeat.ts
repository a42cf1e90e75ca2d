import { setTimeout as sleep } from "node:timers/promises";

export interface Repeated {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: unknown) => void;
}

/** Works at once and then again and again until the signal fires; what fails is told and tried at the next turn. */
export async function repeat(
  work: () => Promise<void>,
  { everyMs, signal, onTrouble }: Repeated,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) onTrouble(error);
    }
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
