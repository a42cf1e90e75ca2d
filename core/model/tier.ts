/** The words of the label `kubectl-backup.io/tier`, the most important first: that is the order of a restore. */
export const TIERS = ["critical", "high", "normal", "low", "none"] as const;
export type Tier = (typeof TIERS)[number];
