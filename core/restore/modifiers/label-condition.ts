import type { ModifierRule } from "#core/model/modifiers.ts";
import { isMet, type LabelRequirement } from "#core/selection/label-selector.ts";

type Selector = ModifierRule["conditions"]["labelSelector"];

const OPERATORS = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "absent" } as const;

/** A label selector as Kubernetes' objects spell it. */
export function compileLabels(selector: Selector): (labels: Readonly<Record<string, string>>) => boolean {
  const requirements: readonly LabelRequirement[] = [
    ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
      key,
      operator: "=" as const,
      values: [value],
    })),
    ...(selector?.matchExpressions ?? []).map(({ key, operator, values }) => ({
      key,
      operator: OPERATORS[operator],
      values,
    })),
  ];
  return (labels) => requirements.every((requirement) => isMet(requirement, labels));
}
