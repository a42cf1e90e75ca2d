/**
 * check: is everything there that a backup, a restore and the guard will need? Its one rule: it changes nothing in the
 * cluster, and what could not be looked at is never called right. It must not know terminals or locations.
 */
import type { Cluster } from "#core/kube/cluster.ts";
import { GUARD_SERVER_MINOR } from "#core/model/guard.ts";
import type { HealthCheck } from "#core/model/health-check.ts";

/** Older ones serve kinds in versions that nobody tests here. */
const LOWEST_SERVER_MINOR = 25;

/** Which server answers, and as whom. Failure where none does. */
export async function checkCluster(cluster: Cluster, signal: AbortSignal): Promise<HealthCheck> {
  const { contextName, server } = cluster.info;
  const { gitVersion, minor } = await cluster.version(signal);
  const user = await cluster.whoAmI(signal);
  const detail = `${contextName} (${server}), ${gitVersion}${user === undefined ? "" : `, as ${user}`}`;
  const has = Number.parseInt(minor, 10);
  if (has < LOWEST_SERVER_MINOR) {
    const help = [
      `older than 1.${LOWEST_SERVER_MINOR}: not everything may be saved and restored as it should`,
    ];
    return { check: "cluster", state: "warning", detail, help };
  }
  const noGuard = has < GUARD_SERVER_MINOR ? `; the guard needs 1.${GUARD_SERVER_MINOR}` : "";
  return { check: "cluster", state: "ok", detail: `${detail}${noGuard}`, help: [] };
}
