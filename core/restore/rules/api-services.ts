import type { Rule } from "#core/restore/rule.ts";

/** An APIService for a version that the target no longer has would break discovery for everybody. */
export const apiServices: Rule = {
  decide: ({ labels }) =>
    Object.hasOwn(labels, "kube-aggregator.kubernetes.io/automanaged")
      ? { reason: "auto-made", message: "the API server makes it for each version it serves" }
      : undefined,
};
