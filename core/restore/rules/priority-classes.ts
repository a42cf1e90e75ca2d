import type { Rule } from "#core/restore/rule.ts";

export const priorityClasses: Rule = {
  decide: ({ name }) =>
    name.startsWith("system-")
      ? { reason: "auto-made", message: "the API server makes its own, and refuses this prefix" }
      : undefined,
};
