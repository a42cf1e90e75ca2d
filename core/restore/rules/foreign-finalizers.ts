import { textsAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/**
 * Finalizers stay, since a controller may need them; but one whose controller is not in the target is never taken off.
 * No API tells which controllers run: most serve a kind of a group under the domain that their finalizers name.
 */
export function warnOfForeignFinalizers(
  object: ExactObject,
  apiGroups: ReadonlySet<string>,
): readonly string[] {
  const finalizers = textsAt(object, ["metadata", "finalizers"]);
  if (finalizers.length === 0) return [];
  const domains = new Set([...apiGroups].map(domainOf));
  return finalizers
    .filter((finalizer) => !isKnown(finalizer, domains))
    .map(
      (finalizer) =>
        `keeps the finalizer ${finalizer}, and the cluster has no API of its controller: if nobody takes it off, neither the object nor its namespace can be deleted`,
    );
}

function isKnown(finalizer: string, domains: ReadonlySet<string>): boolean {
  const [prefix = ""] = finalizer.split("/", 1);
  const domain = domainOf(prefix);
  return domain === "kubernetes.io" || domains.has(domain);
}

/** The last two labels: `elbv2.k8s.aws` → `k8s.aws`. */
function domainOf(name: string): string {
  return name.split(".").slice(-2).join(".");
}
