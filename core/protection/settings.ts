/**
 * Protection decides whether a namespace may go or be less protected. Facts in, a decision with its reason out: it
 * knows neither cluster nor store nor clock, so that every row of it can be tested. Whoever asks brings the facts and
 * never decides.
 */
import type { Tier as TierWord } from "#core/model/tier.ts";

/** What is called `none` is as important as what says nothing. */
export type Tier = Exclude<TierWord, "none">;

export interface ProtectionSettings {
  readonly maxAgeSeconds: Readonly<Record<Tier, number>>;
  /** No annotation lets a backup count for longer. */
  readonly longestMaxAgeSeconds: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

export const DEFAULT_SETTINGS: ProtectionSettings = {
  maxAgeSeconds: { critical: 4 * HOUR, high: 12 * HOUR, normal: DAY, low: 7 * DAY },
  longestMaxAgeSeconds: 30 * DAY,
};
