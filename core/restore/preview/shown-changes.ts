import { groupResource, type ItemKind } from "#core/model/item.ts";
import { type ExactJson, type ExactObject, stringifyExact } from "#core/objects/exact-json.ts";
import { type FieldChange, fieldChanges } from "#core/objects/field-differences.ts";

/** A field as it is and as it would be, as JSON text; absent where there is nothing. */
export interface ShownChange {
  readonly path: string;
  readonly old?: string | undefined;
  readonly new?: string | undefined;
}

/** An object with more changes is changed all over. */
const MOST_CHANGES = 100;
/** Whole files lie in ConfigMaps. */
const MOST_CHARACTERS = 1_000;
const SECRET = "(secret, differs)";
/** `kubectl apply` repeats the whole object in an annotation. */
const SECRET_PATHS = /^\.(data|stringData|metadata\.annotations)\b|^\.$|^\.metadata$/;

/** What of a live object would change. Pure. */
export function shownChanges(
  kind: Pick<ItemKind, "group" | "resource">,
  live: ExactObject,
  wanted: ExactObject,
): readonly ShownChange[] {
  const isSecret = groupResource(kind) === "secrets";
  const changes = fieldChanges(live, wanted);
  const shown = changes.slice(0, MOST_CHANGES).map((change) => shownChange(change, isSecret));
  const more = changes.length - shown.length;
  return more === 0 ? shown : [...shown, { path: `and ${more} more` }];
}

function shownChange({ path, left, right }: FieldChange, isSecret: boolean): ShownChange {
  const text = isSecret && SECRET_PATHS.test(path) ? () => SECRET : shortText;
  return {
    path,
    ...(left !== undefined && { old: text(left) }),
    ...(right !== undefined && { new: text(right) }),
  };
}

function shortText(value: ExactJson): string {
  const text = stringifyExact(value);
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}
