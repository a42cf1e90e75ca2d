import { isFailure } from "#core/model/errors.ts";

/** One thing that has to be right for the guard to keep what it promises. */
export interface HealthCheck {
  readonly check: string;
  /** `warning`: it keeps its promise all the same. `unknown`: it could not be looked at. */
  readonly state: "ok" | "warning" | "failed" | "unknown";
  readonly detail: string;
  /** What helps, one a line. */
  readonly help: readonly string[];
}

type Finding = Omit<HealthCheck, "check">;

export const healthy = (detail: string): Finding => ({ state: "ok", detail, help: [] });

/** A right that somebody lacks says nothing about the guard: it is named, and the rest is looked at. */
export async function healthCheck(check: string, run: () => Promise<Finding>): Promise<HealthCheck> {
  try {
    return { check, ...(await run()) };
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return { check, state: "unknown", detail: error.message, help: [] };
  }
}
