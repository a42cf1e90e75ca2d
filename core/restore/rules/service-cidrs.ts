import type { Rule } from "#core/restore/rule.ts";

export const serviceCidrs: Rule = {
  does: ["`kubernetes` is the API server's own."],
  decide: ({ name }) =>
    name === "kubernetes"
      ? { reason: "auto-made", message: "the API server makes it from its own settings" }
      : undefined,
};
