import * as z from "zod";
import type { HealthCheck } from "#core/model/health-check.ts";
import { DEFAULT_SETTINGS, type ProtectionSettings } from "#core/protection/settings.ts";
import type { GuardHealth } from "./check-health.ts";
import { limitsOf, limitVariables } from "./guard-limits.ts";
import { VIEWER_RIGHTS } from "./viewer-rights.ts";

export interface RunningLimits {
  readonly settings: ProtectionSettings;
  /** Why the guard may go by others. */
  readonly checks: readonly HealthCheck[];
}

/** The limits that the guard goes by: its own where its Deployment sets them, the defaults where nobody can tell. */
export function runningLimits({ isInstalled, deployment }: GuardHealth): RunningLimits {
  if (!isInstalled) return { settings: DEFAULT_SETTINGS, checks: [] };
  if (deployment === undefined) return unknown("its Deployment could not be read", [VIEWER_RIGHTS]);
  const elsewhere = Object.keys(limitVariables).filter((name) => deployment.setElsewhere.includes(name));
  if (elsewhere.length > 0) return unknown(`${elsewhere.join(", ")} come from outside its Deployment`, []);
  const read = z.object(limitVariables).safeParse(deployment.env);
  if (read.success) return { settings: limitsOf(read.data), checks: [] };
  const problems = read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return unknown(`what its Deployment sets cannot be understood: ${problems.join("; ")}`, []);
}

function unknown(why: string, help: readonly string[]): RunningLimits {
  const detail = `${why}: namespaces are judged by the default limits, and the guard may go by others`;
  return { settings: DEFAULT_SETTINGS, checks: [{ check: "limits", state: "unknown", detail, help }] };
}
