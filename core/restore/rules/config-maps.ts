import type { Rule } from "#core/restore/rule.ts";

/** The old cluster's certificate would break TLS in every pod. */
const AUTO_MADE: ReadonlySet<string> = new Set([
  "kube-root-ca.crt",
  "openshift-service-ca.crt",
  "istio-ca-root-cert",
]);

export const configMaps: Rule = {
  does: [
    "Root certificates that each cluster puts into its namespaces (`kube-root-ca.crt` and the like) stay the target's.",
  ],
  decide: ({ name }) =>
    AUTO_MADE.has(name)
      ? { reason: "auto-made", message: "the cluster puts its own into each namespace" }
      : undefined,
};
