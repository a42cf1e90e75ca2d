import type { Rule } from "#core/restore/rule.ts";

export const serviceCidrs: Rule = {
  decide: ({ name }) =>
    name === "kubernetes"
      ? { reason: "auto-made", message: "the API server makes it from its own settings" }
      : undefined,
};
