import { expect, test } from "vitest";
import type { BackupPlan } from "#core/backup/plan.ts";
import { checkWriteRights } from "#core/check/check-access.ts";
import { memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const { signal } = new AbortController();

/** Of all that is asked for, nothing is granted but what is named: `patch secrets`. */
function clusterThatGrants(...granted: readonly string[]) {
  const cluster = memoryCluster({ resources: [] });
  cluster.create = async (_, body) => {
    const { spec } = JSON.parse(Buffer.from(body).toString("utf8"));
    const { verb, resource: plural } = spec.resourceAttributes ?? {};
    const status =
      spec.namespace === undefined
        ? { allowed: granted.includes(`${verb} ${plural}`) }
        : { resourceRules: [], incomplete: false };
    return { ok: true, status: 201, body: Buffer.from(JSON.stringify({ status })), warnings: [] };
  };
  return cluster;
}

function planOf(...names: readonly string[]): BackupPlan {
  const kinds = names.map((name) => ({ versions: [resource(name, name)], reads: "namespaces" }));
  return { kinds, namespaces: [{ name: "shop" }] } as unknown as BackupPlan;
}

test("a kind that may be neither created nor patched is named once", async () => {
  const plan = planOf("configmaps", "deployments.apps", "secrets");
  const nothing = await checkWriteRights(plan, { cluster: clusterThatGrants(), signal });
  expect(nothing.detail).toBe("you may not create or patch configmaps, deployments.apps, secrets in shop");
  const some = await checkWriteRights(plan, { cluster: clusterThatGrants("patch secrets"), signal });
  expect(some.detail).toBe(
    "you may not create or patch configmaps, deployments.apps in shop; create secrets in shop",
  );
});
