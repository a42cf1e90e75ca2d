import { valueAt, withoutValue } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";

export const priorityClasses: Rule = {
  does: ["`system-*` stay the server's own.", "A second global default is created as one among others."],
  decide: ({ name }) =>
    name.startsWith("system-")
      ? { reason: "auto-made", message: "the API server makes its own, and refuses this prefix" }
      : undefined,
  afterRefusal(object, { status, message }) {
    if (status !== 403 || valueAt(object, ["globalDefault"]) !== true) return undefined;
    if (!/default/i.test(message)) return undefined;
    return {
      object: withoutValue(object, ["globalDefault"]),
      warning: "is not the default any more: the cluster has another default priority class",
    };
  },
};
