import type { StoredItem } from "#core/catalog/catalog.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import { type ExactObject, stringifyExact } from "#core/objects/exact-json.ts";

/** An object that still speaks of a namespace which is restored under another name. */
export interface Mention {
  readonly group: string;
  readonly resource: string;
  /** In the target. */
  readonly namespace: string;
  readonly name: string;
  /** The namespace's name in the backup. */
  readonly mentions: string;
  /** The first words that do. */
  readonly text: string;
}

interface Written {
  readonly item: Pick<StoredItem, "group" | "resource">;
  readonly target: { readonly namespace: string; readonly name: string };
  readonly object: ExactObject;
}

/** Objects beyond this many are not named: it is a hint, not an account. */
const NAMED = 1_000;
const TEXT_LENGTH = 80;

/** Gathers what the mapping of namespaces could not reach: addresses in variables, arguments, settings, annotations. */
export class MentionBook {
  readonly mentions: Mention[] = [];
  readonly #searches: readonly { readonly old: string; readonly word: RegExp; readonly search: RegExp }[];

  constructor({ namespaceMapping }: Pick<RestoreRequest, "namespaceMapping">) {
    const moved = Object.entries(namespaceMapping).filter(([from, to]) => from !== to);
    this.#searches = moved.map(([old]) => ({ old, word: wordFor(old), search: searchFor(old) }));
  }

  note({ item: { group, resource }, target: { namespace, name }, object }: Written): void {
    if (this.#searches.length === 0 || this.mentions.length >= NAMED) return;
    const text = stringifyExact(object);
    for (const { old, word, search } of this.#searches) {
      const found = word.test(text) ? search.exec(text) : null;
      if (found === null) continue;
      const words = found[0].slice(0, TEXT_LENGTH);
      this.mentions.push({ group, resource, namespace, name, mentions: old, text: words });
    }
  }
}

/**
 * What every search finds holds this, and it is found at the speed of a plain text search: copies are called `old-copy`,
 * which stands in every one of their objects.
 */
function wordFor(old: string): RegExp {
  return new RegExp(`(?<![a-z0-9-])${RegExp.escape(old)}(?![a-z0-9-])`);
}

/** `svc.old` as a host ends, `old.svc`, `namespace=old` and the same in JSON and YAML; never what stands before an @. */
function searchFor(old: string): RegExp {
  const name = RegExp.escape(old);
  const ends = String.raw`(?=\.svc(?![a-z0-9-])|[:/?#\s,;"'\\)]|$)`;
  const host = String.raw`[a-z0-9][a-z0-9.-]{0,200}\.${name}${ends}[a-z0-9.:-]*`;
  const search = String.raw`(?<![a-z0-9-])${name}\.svc(?![a-z0-9-])[a-z0-9.:-]*`;
  const word = String.raw`namespace\\?"?\s*[=:]\s*\\?["']?${name}(?![a-z0-9.-])`;
  return new RegExp(`${host}|${search}|${word}`);
}
