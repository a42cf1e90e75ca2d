import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { maxAgeOf, type NamespaceMarks, tierOf } from "./protection-of.ts";
import { whyNoSkip } from "./skip.ts";

/** A value that says something of protection and cannot be understood: the default holds in its place. */
export interface UnreadableMark {
  readonly in: "labels" | "annotations";
  readonly key: string;
  readonly value: string;
}

type Reading = Pick<UnreadableMark, "in" | "key"> & { readonly isRead: (text: string) => boolean };

export function unreadableMarks(namespace: NamespaceMarks, now: Date): readonly UnreadableMark[] {
  return readings(namespace.name, now).flatMap(({ in: place, key, isRead }) => {
    const value = namespace[place][key];
    return value === undefined || isRead(value) ? [] : [{ in: place, key, value }];
  });
}

function readings(name: string, now: Date): readonly Reading[] {
  const oneOf =
    (...words: string[]) =>
    (text: string) =>
      words.includes(text);
  const annotation = (key: string, isRead: Reading["isRead"]): Reading => ({
    in: "annotations",
    key,
    isRead,
  });
  return [
    { in: "labels", key: labelKeys.tier, isRead: (text) => tierOf(text) !== undefined },
    annotation(annotationKeys.maxAge, (text) => maxAgeOf(text) !== undefined),
    annotation(annotationKeys.volumes, oneOf("required", "waived")),
    annotation(annotationKeys.allowExcluded, oneOf("true", "false")),
    annotation(annotationKeys.skipFinalBackup, (text) => whyNoSkip(text, name, now) === undefined),
  ];
}
