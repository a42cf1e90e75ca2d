import { isFailure } from "./errors.ts";

/** One thing that has to be right, and whether it is. */
export interface HealthCheck {
  readonly check: string;
  /** `warning`: what is promised is kept all the same. `unknown`: it could not be looked at. */
  readonly state: "ok" | "warning" | "failed" | "unknown";
  readonly detail: string;
  /** What helps, one a line. */
  readonly help: readonly string[];
}

type Finding = Omit<HealthCheck, "check">;

export const healthy = (detail: string): Finding => ({ state: "ok", detail, help: [] });

/** A right that somebody lacks is no verdict: it is named, with where it is to be had, and the rest is looked at. */
export async function healthCheck(
  check: string,
  rights: string,
  run: () => Promise<Finding>,
): Promise<HealthCheck> {
  try {
    return { check, ...(await run()) };
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return { check, state: "unknown", detail: error.message, help: [rights] };
  }
}
