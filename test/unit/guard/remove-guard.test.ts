import { expect, test } from "vitest";
import { applyGuard } from "#core/guard/apply-guard.ts";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { planRemoval, removeGuard } from "#core/guard/remove-guard.ts";
import { allGuardObjects } from "#core/guard/render-guard.ts";
import { memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const { signal } = new AbortController();
const objects = allGuardObjects(await manifestFiles());

/** A cluster that serves what the guard is made of, with all of it in place. */
function installed() {
  const kinds = new Map(objects.map(({ apiVersion, kind, metadata }) => [`${apiVersion} ${kind}`, metadata]));
  const resources = [...kinds].map(([key, { namespace }]) => {
    const [apiVersion = "", kind = ""] = key.split(" ");
    const [version = "", group] = apiVersion.split("/").toReversed();
    const plural = kind === "NetworkPolicy" ? "networkpolicies" : `${kind.toLowerCase()}s`;
    const name = group === undefined ? plural : `${plural}.${group}`;
    return resource(name, kind, { version, namespaced: namespace !== undefined });
  });
  const cluster = memoryCluster({ resources: [...resources, resource("secrets", "Secret")] });
  for (const { kind, ...object } of objects) {
    const name = resources.find((one) => one.kind === kind);
    cluster.put(name?.group ? `${name.resource}.${name.group}` : (name?.resource ?? ""), {
      ...object,
      kind,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels } },
    });
  }
  cluster.put("secrets", { metadata: { name: "kubectl-backup-guard-tls", namespace: "kubectl-backup" } });
  return cluster;
}

const removals = (requests: readonly string[]) => requests.filter((one) => one.startsWith("remove"));

test("uninstalling removes the webhook configuration before anything else, and not before it is forgotten the rest", async () => {
  const cluster = installed();
  let asked = 0;
  const { remove } = cluster;
  cluster.remove = async (ref, options) => {
    // The API server goes on asking the guard, which is gone, for a while.
    if (options.dryRun !== true || ++asked > 2) return remove(ref, options);
    const message = 'Internal error occurred: failed calling webhook "guard.kubectl-backup.io": gone';
    return { ok: false, status: 500, reason: "InternalError", message, causes: [], warnings: [] };
  };
  const plan = await planRemoval(objects, cluster, signal);
  await removeGuard(plan, cluster, signal);
  const [first, second, third] = removals(cluster.requests);
  expect(first).toBe(
    "remove validatingwebhookconfigurations.admissionregistration.k8s.io /kubectl-backup-guard",
  );
  expect([asked, second]).toEqual([3, "remove namespaces /kubectl-backup-self-test"]);
  expect(third).not.toContain("self-test");
  expect(removals(cluster.requests)).toContain("remove secrets kubectl-backup/kubectl-backup-guard-tls");
});

test("uninstalling keeps the namespace with its Secrets, the locations and the roles that were handed out", async () => {
  const cluster = installed();
  const plan = await planRemoval(objects, cluster, signal);
  await removeGuard(plan, cluster, signal);
  expect(plan.keep.map(({ name }) => name).sort()).toEqual([
    "kubectl-backup",
    "kubectl-backup-cluster-reader",
    "kubectl-backup-cluster-restorer",
    "kubectl-backup-guard-viewer",
    "kubectl-backup-locations",
    "kubectl-backup-protect",
    "kubectl-backup-unprotect",
  ]);
  for (const { resource: kind, namespace, name } of plan.keep) {
    const key = kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`;
    expect(cluster.read(key, namespace, name)).toBeDefined();
  }
});

test("a second uninstalling finds nothing", async () => {
  const cluster = installed();
  await removeGuard(await planRemoval(objects, cluster, signal), cluster, signal);
  expect((await planRemoval(objects, cluster, signal)).remove).toEqual([]);
});

test("where a kind is not served, nothing at all is applied, and the refusal says which", async () => {
  const cluster = memoryCluster();
  await expect(applyGuard(objects, cluster, signal)).rejects.toThrow(/serves no .* of /);
  expect(cluster.requests.filter((one) => one.startsWith("patch"))).toEqual([]);
});
