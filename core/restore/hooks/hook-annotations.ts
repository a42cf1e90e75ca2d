import { parseDuration } from "#core/model/duration.ts";
import { objectAt, textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/** An annotation of a pod or of a template; "" where there is none. */
export function annotationOf(pod: ExactObject, key: string): string {
  return textAt(objectAt(pod, ["metadata", "annotations"]), [key]);
}

/** Velero's two forms: a JSON array of words, or the one word that is the program. No shell reads it. */
export function commandWords(text: string): readonly string[] {
  if (!text.startsWith("[")) return [text];
  try {
    const words: unknown = JSON.parse(text);
    const isWords = Array.isArray(words) && words.every((word) => typeof word === "string");
    return isWords && words.length > 0 ? words : [text];
  } catch {
    return [text];
  }
}

/** How a command is named: never by its arguments, which may hold a password. */
export function programName([program = ""]: readonly string[]): string {
  return /^[\w./-]{1,100}$/.test(program) ? program : "(a command of one word)";
}

/** Seconds; undefined and a remark where it is no duration, as Velero warns and goes by its default. */
export function durationOf(pod: ExactObject, key: string, remarks: string[]): number | undefined {
  const text = annotationOf(pod, key);
  // Go's spelling of no time, which to Velero means its default.
  if (text === "" || text === "0") return undefined;
  try {
    const seconds = parseDuration(text, key);
    return seconds === 0 ? undefined : seconds;
  } catch {
    remarks.push(`${key} is no duration: the default is taken`);
    return undefined;
  }
}
