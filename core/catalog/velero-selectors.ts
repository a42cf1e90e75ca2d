import type { CommitLinks, LabelSelector } from "#core/format/velero-metadata.ts";
import type { Selection } from "#core/model/selection.ts";
import { type LabelRequirement, parseLabelSelector } from "#core/selection/label-selector.ts";

/** A selection's label selectors in the form Velero's schema takes. It only shows them: what was stored is stored. */
export function veleroSelectors(
  selection: Selection,
): Pick<CommitLinks, "labelSelector" | "orLabelSelectors"> {
  const { labelSelector, orSelectors } = selection;
  const alternatives = orSelectors.map(toLabelSelector).filter((selector) => selector !== undefined);
  return {
    labelSelector: labelSelector === undefined ? undefined : toLabelSelector(labelSelector),
    orLabelSelectors: alternatives.length === orSelectors.length ? alternatives : undefined,
  };
}

const OPERATORS = {
  "=": "In",
  in: "In",
  "!=": "NotIn",
  notin: "NotIn",
  exists: "Exists",
  absent: "DoesNotExist",
} as const;

/** undefined for `>` and `<`, which Kubernetes' label selector objects do not know. */
function toLabelSelector(selector: string): LabelSelector | undefined {
  const expressions = parseLabelSelector(selector).map(toExpression);
  const matchExpressions = expressions.filter((expression) => expression !== undefined);
  return matchExpressions.length === expressions.length ? { matchExpressions } : undefined;
}

function toExpression({ key, operator, values }: LabelRequirement) {
  if (operator === ">" || operator === "<") return undefined;
  const name = OPERATORS[operator];
  return values.length === 0 ? { key, operator: name } : { key, operator: name, values };
}
