import type { Cluster } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { type HealthCheck, healthCheck, healthy } from "#core/model/health-check.ts";
import { checkAnswer } from "./check-answer.ts";
import { checkCertificate } from "./check-certificate.ts";
import { checkConfiguration, NO_CONFIGURATION } from "./check-configuration.ts";
import { podTroubles } from "./explain-silence.ts";
import { type RunningDeployment, readDeployment } from "./read-deployment.ts";
import type { GuardObject } from "./render-guard.ts";
import { VIEWER_RIGHTS } from "./viewer-rights.ts";

export interface HealthRequest {
  readonly cluster: Cluster;
  /** The webhook configuration as it is shipped. */
  readonly shipped: GuardObject;
  /** By the API server's clock. */
  readonly now: Date;
  readonly signal: AbortSignal;
}

export interface GuardHealth {
  readonly isInstalled: boolean;
  readonly checks: readonly HealthCheck[];
  /** Absent where there is none, or where it may not be read. */
  readonly deployment: RunningDeployment | undefined;
}

/** Does it run, is it asked, does it answer, is it trusted? */
export async function checkHealth(request: HealthRequest): Promise<GuardHealth> {
  const { cluster, shipped, now, signal } = request;
  const deployment = await readIfAllowed(cluster, signal);
  let isConfigured = true;
  const checks = await Promise.all([
    deploymentHealth(deployment, cluster, signal),
    healthCheck("configuration", VIEWER_RIGHTS, async () => {
      const problems = await checkConfiguration(shipped, cluster, signal);
      isConfigured = !problems.includes(NO_CONFIGURATION);
      if (problems.length === 0) return healthy("the webhook configuration is as installed");
      return { state: "failed", detail: problems.map(({ problem }) => problem).join("; "), help: [INSTALL] };
    }),
    checkAnswer(cluster, signal),
    checkCertificate(cluster, now, signal),
  ]);
  const found = { checks, deployment: deployment.found };
  // Whether a Deployment is left over then makes no difference to what is protected.
  if (!isConfigured && deployment.refused !== undefined)
    return { ...found, isInstalled: false, checks: [missing("no webhook configuration of a guard is")] };
  if (checks.some(({ state }) => state !== "failed") || deployment.found !== undefined)
    return { ...found, isInstalled: true };
  return { ...found, isInstalled: false, checks: [missing("no guard is installed")] };
}

const INSTALL = "kubectl backup install puts it right";

function missing(what: string): HealthCheck {
  return {
    check: "guard",
    state: "failed",
    detail: `${what} in this cluster: every namespace can be deleted without a backup, whatever its labels`,
    help: ["kubectl backup install --help shows how one is installed"],
  };
}

interface Found {
  readonly found: RunningDeployment | undefined;
  /** Why it may not be read. */
  readonly refused?: string;
}

async function readIfAllowed(cluster: Cluster, signal: AbortSignal): Promise<Found> {
  try {
    return { found: await readDeployment(cluster, signal) };
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return { found: undefined, refused: error.message };
  }
}

async function deploymentHealth(
  { found, refused }: Found,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<HealthCheck> {
  const check = "deployment";
  if (refused !== undefined) return { check, state: "unknown", detail: refused, help: [VIEWER_RIGHTS] };
  if (found === undefined) {
    const detail = `there is no Deployment ${GUARD.namespace}/${GUARD.name}`;
    return { check, state: "failed", detail, help: [INSTALL] };
  }
  const { readyReplicas: ready, wantedReplicas: wanted } = found;
  const detail = `${ready} of ${wanted} pods are ready`;
  if (ready > 0 && ready >= wanted) return { check, ...healthy(detail) };
  return { check, state: ready > 0 ? "warning" : "failed", detail, help: await podTroubles(cluster, signal) };
}
