import { setTimeout as delay } from "node:timers/promises";
import { sleep } from "#core/flow/sleep.ts";

/** This machine's time, as far as claims need it. Given from outside, so that tests own it. */
export interface Clock {
  /** Milliseconds that go on while the machine sleeps, but may be set. */
  wall(): number;
  /** Milliseconds that are never set back, but may stand while the machine sleeps (Linux's CLOCK_MONOTONIC does). */
  monotonic(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Does not keep the process alive. */
  sleepUnheld(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
  sleepUnheld: (ms, signal) => delay(ms, undefined, { signal, ref: false }),
};

export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

export function readClock(clock: Clock): Moment {
  return { wall: clock.wall(), monotonic: clock.monotonic() };
}

/** The longer of both clocks' answers: whichever stood still or was set back does not count. */
export function elapsedMs(clock: Clock, since: Moment): number {
  return Math.max(clock.wall() - since.wall, clock.monotonic() - since.monotonic);
}
