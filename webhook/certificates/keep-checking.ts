import { sleep } from "#core/flow/sleep.ts";
import { describeError } from "#core/model/errors.ts";

/** While the webhook configuration is awaited, which comes last when the guard is installed. */
const EAGER_SECONDS = 2;

export interface Checking {
  /** Says whether there is nothing to wait for but time. */
  readonly check: (signal: AbortSignal) => Promise<boolean>;
  readonly checkSeconds: number;
  readonly onTrouble: (message: string) => void;
}

/** Checks until the signal fires. */
export async function keepChecking(
  { check, checkSeconds, onTrouble }: Checking,
  signal: AbortSignal,
): Promise<void> {
  const eagerSeconds = Math.min(EAGER_SECONDS, checkSeconds);
  let told: string | undefined;
  let pause = eagerSeconds;
  while (!signal.aborted) {
    const trouble = await sleep(pause * 1000, signal)
      .then(() => check(signal))
      .then((isSettled) => {
        pause = isSettled ? checkSeconds : eagerSeconds;
      })
      .catch(describeError);
    // Once, not twice a minute.
    if (typeof trouble === "string" && trouble !== told && !signal.aborted) onTrouble(trouble);
    told = trouble ?? undefined;
  }
}
