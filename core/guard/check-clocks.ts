import type { HealthCheck } from "#core/model/health-check.ts";
import { inShort } from "#core/protection/in-short.ts";
import { LONGEST_SKEW_MS } from "#core/protection/judge-backup.ts";

export interface ClockReading {
  readonly whose: string;
  /** How far it goes before this machine's clock; negative behind it. */
  readonly aheadMs: number;
}

/** Date headers are cut to whole seconds: on average half of one is missing. */
const CUT_MS = 500;

/** Asks a clock that tells whole seconds. */
export async function askClock(
  whose: string,
  read: () => Promise<Date>,
  now: () => Date,
): Promise<ClockReading> {
  const askedAt = now().getTime();
  const told = (await read()).getTime();
  const between = (askedAt + now().getTime()) / 2;
  return { whose, aheadMs: told + CUT_MS - between };
}

/** The API server's clock is the measure: by it the guard tells how old a backup is. */
export function checkClocks(server: ClockReading, stores: readonly ClockReading[]): HealthCheck {
  const machine: ClockReading = { whose: "this machine", aheadMs: 0 };
  const told = [machine, ...stores].map(({ whose, aheadMs }) => ({ whose, ms: aheadMs - server.aheadMs }));
  const detail = told.map(({ whose, ms }) => `${whose} ${offset(ms)}`).join(", ");
  const late = told.find(({ whose, ms }) => whose !== machine.whose && ms < -LONGEST_SKEW_MS);
  if (late !== undefined) {
    const means = `backups stored at ${late.whose} seem to end after they were stored, and do not count`;
    return { check: "clocks", state: "warning", detail: `${detail}: ${means}`, help: ["set the clocks"] };
  }
  const isApart = told.some(({ ms }) => Math.abs(ms) > LONGEST_SKEW_MS);
  return {
    check: "clocks",
    state: isApart ? "warning" : "ok",
    detail,
    help: isApart ? ["set the clocks"] : [],
  };
}

function offset(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 2) return "as the API server's";
  return `${inShort(seconds)} ${ms > 0 ? "ahead of" : "behind"} the API server's`;
}
