import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { TIERS, type Tier } from "#core/model/tier.ts";

/** What is created together: by tier, then by the order of namespaces, then by the order of the objects themselves. */
export interface Wave {
  readonly tier: Tier;
  readonly namespaceOrder: number;
  readonly order: number;
}

/** What an object says of itself; absent: nothing. */
export interface Classification {
  readonly tier?: Tier | undefined;
  readonly order?: number | undefined;
  /** Words that mean nothing, and what is made of them. */
  readonly warnings: readonly string[];
}

type Texts = Readonly<Record<string, string>>;

/** `kubectl-backup.io/tier` is a label; `…/restore-order` too, or an annotation where it is below 0. */
export function classify(labels: Texts, orderNote?: string): Classification {
  const tierWord = labels[labelKeys.tier];
  const orderWord = labels[annotationKeys.restoreOrder] ?? orderNote;
  const tier = TIERS.find((known) => known === tierWord);
  const order = orderWord === undefined ? undefined : readOrder(orderWord);
  return {
    tier: tier ?? (tierWord === undefined ? undefined : "normal"),
    order: order ?? (orderWord === undefined ? undefined : 0),
    warnings: [
      ...(tierWord !== undefined && tier === undefined
        ? [`${labelKeys.tier}=${tierWord} is no tier (${TIERS.join(", ")}); taken as normal`]
        : []),
      ...(orderWord !== undefined && order === undefined
        ? [`${annotationKeys.restoreOrder}=${orderWord} is no integer; taken as 0`]
        : []),
    ],
  };
}

export function isClassified(labels: Texts): boolean {
  return labels[labelKeys.tier] !== undefined || labels[annotationKeys.restoreOrder] !== undefined;
}

function readOrder(word: string): number | undefined {
  const value = Number(word);
  return /^-?\d+$/.test(word) && Number.isSafeInteger(value) ? value : undefined;
}

export function compareWaves(left: Wave, right: Wave): number {
  return (
    TIERS.indexOf(left.tier) - TIERS.indexOf(right.tier) ||
    left.namespaceOrder - right.namespaceOrder ||
    left.order - right.order
  );
}

export function earlier(left: Wave | undefined, right: Wave): Wave {
  return left === undefined || compareWaves(right, left) < 0 ? right : left;
}

export function later(left: Wave | undefined, right: Wave): Wave {
  return left === undefined || compareWaves(right, left) > 0 ? right : left;
}
