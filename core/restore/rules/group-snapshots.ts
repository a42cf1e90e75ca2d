import type { Rule } from "#core/restore/rule.ts";

/** The snapshots that a group consists of are restored one by one, each bound to what was cut. */
export const groupSnapshots: Rule = {
  does: ["Never created: new snapshots would be cut. The snapshots of the group return one by one."],
  decide: () => ({
    reason: "group-snapshot",
    message: "restored, it would cut new snapshots of what the volumes hold by then",
  }),
};
