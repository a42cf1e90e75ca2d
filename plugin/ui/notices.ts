import type { BackupFacts, Notice } from "#core/model/backup.ts";
import { groupResource } from "#core/model/item.ts";
import { formatCount } from "./units.ts";

/** Errors and warnings of a backup as lines; the kinds that its maker may not read share one. Pure. */
export type NoticeSource = Pick<BackupFacts, "kinds" | "createdBy">;

export interface NoticeGroup {
  readonly notices: readonly Notice[];
  /** What the refused kinds, which it is given counted, are: those that were selected, or those beside them. */
  readonly refused: (kinds: string) => string;
}

export const ERRORS = { refused: (kinds: string) => `${kinds} may not be read` };
export const WARNINGS = {
  refused: (kinds: string) => `nothing is included of ${kinds} beside the selection that may not be read`,
};

export function noticeLines(source: NoticeSource, { notices, refused }: NoticeGroup): readonly string[] {
  const places = new Map<string, string[]>();
  const others: string[] = [];
  for (const one of notices) {
    if (one.refusedKind === undefined) others.push(titled(one));
    else listAt(places, placeOf(source, one.refusedKind)).push(one.refusedKind);
  }
  const by = source.createdBy.user === undefined ? "" : ` by ${source.createdBy.user}`;
  const together = [...places].map(
    ([place, kinds]) =>
      `${refused(formatCount(kinds.length, "kind"))}${place}${by}: ${kinds.toSorted().join(", ")}`,
  );
  return [...others, ...together];
}

function titled({ message, namespace }: Notice): string {
  return namespace === undefined ? message : `${namespace}: ${message}`;
}

function listAt(lists: Map<string, string[]>, key: string): string[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** More are counted. */
const NAMESPACES = 5;

function placeOf({ kinds }: NoticeSource, refused: string): string {
  const namespaces = kinds.find((kind) => groupResource(kind) === refused)?.error?.namespaces ?? [];
  if (namespaces.length === 0) return "";
  if (namespaces.length > NAMESPACES) return ` in ${namespaces.length} namespaces`;
  return ` in ${namespaces.join(", ")}`;
}
