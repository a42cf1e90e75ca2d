import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { UNGUARDED_NAMESPACES } from "#core/model/guard.ts";
import { nearest } from "#core/model/nearest.ts";
import { shellWord } from "#core/model/shell-word.ts";
import { inShort } from "./in-short.ts";
import { type NamespaceMarks, type Protection, protectionOf } from "./protection-of.ts";
import type { ProtectionSettings } from "./settings.ts";
import { readSkip } from "./skip.ts";
import { type UnreadableMark, unreadableMarks } from "./unreadable-marks.ts";

/** A mark on a namespace that does not mean what whoever set it will have meant. */
export interface LabelMistake {
  readonly namespace: string;
  /** `label kubectl-backup.io/protected=true`. */
  readonly found: string;
  /** What it means instead, in words that follow it. */
  readonly means: string;
  /** What to type. */
  readonly mend: string;
  /** The namespace is less protected than it says. */
  readonly isAmiss: boolean;
}

interface Mark {
  readonly in: "labels" | "annotations";
  readonly key: string;
  readonly value: string;
}

/** Each mistake of a namespace once; what is on its way out is mended by nobody. */
export function labelMistakes(
  namespace: NamespaceMarks,
  settings: ProtectionSettings,
  now: Date,
): readonly LabelMistake[] {
  if (namespace.terminating) return [];
  const protection = protectionOf(namespace, settings);
  if (protection.isProtected && UNGUARDED_NAMESPACES.includes(namespace.name)) return [unguarded(namespace)];
  return [
    ...marksOf(namespace).flatMap((mark) => misplaced(mark, namespace, protection)),
    ...(protection.isProtected ? protectedMistakes(namespace, { protection, now }) : switchedOff(namespace)),
  ];
}

function marksOf({ labels, annotations }: NamespaceMarks): readonly Mark[] {
  return Object.entries({ labels, annotations }).flatMap(([place, marks]) =>
    Object.entries(marks).map(([key, value]) => ({ in: place as Mark["in"], key, value })),
  );
}

function unguarded({ name, labels }: NamespaceMarks): LabelMistake {
  const { protect: key } = labelKeys;
  return {
    namespace: name,
    found: titleOf({ in: "labels", key, value: labels[key] ?? "" }),
    means: "protects nothing: the guard never reviews its own namespace and the system's",
    mend: `kubectl label namespace ${name} ${key}-`,
    isAmiss: true,
  };
}

const [OURS = "", PROTECT = ""] = labelKeys.protect.split("/");

/** What protection reads, by where it is read. */
const READ: Readonly<Record<Mark["in"], readonly string[]>> = {
  labels: [labelKeys.protect, labelKeys.tier],
  annotations: [
    annotationKeys.maxAge,
    annotationKeys.volumes,
    annotationKeys.allowExcluded,
    annotationKeys.skipFinalBackup,
  ],
};
const KNOWN: ReadonlySet<string> = new Set([...Object.values(labelKeys), ...Object.values(annotationKeys)]);

function misplaced(mark: Mark, namespace: NamespaceMarks, protection: Protection): readonly LabelMistake[] {
  const meant = meantKey(mark);
  if (meant === undefined) return [];
  const isProtect = meant === labelKeys.protect;
  // It says that the namespace is not protected, and so it is.
  if (isProtect && mark.value === "false") return [];
  return [
    {
      namespace: namespace.name,
      found: titleOf(mark),
      means: `means nothing: what counts is the ${READ.labels.includes(meant) ? "label" : "annotation"} ${meant}`,
      mend: [...setAnew(meant, mark, { namespace, protection }), removal(mark, namespace.name)].join(" && "),
      isAmiss: isProtect ? !protection.isProtected : protection.isProtected && isLimit(meant),
    },
  ];
}

function setAnew(
  meant: string,
  { value }: Mark,
  { namespace, protection }: { readonly namespace: NamespaceMarks; readonly protection: Protection },
): readonly string[] {
  const { name } = namespace;
  const place = READ.labels.includes(meant) ? "labels" : "annotations";
  if (namespace[place][meant] !== undefined && namespace[place][meant] !== "false") return [];
  if (meant === labelKeys.protect && !protection.isProtected) return [`kubectl backup protect ${name}`];
  const verb = place === "labels" ? "label" : "annotate";
  return [`kubectl ${verb} namespace ${name} ${shellWord(`${meant}=${value}`)}`];
}

/** What was meant may be a stricter limit than the one that counts in its place; all else falls back to the strictest. */
function isLimit(key: string): boolean {
  return key === labelKeys.tier || key === annotationKeys.maxAge;
}

/** Of a mark that protection does not read, the key that was meant; undefined where nothing of it was. */
function meantKey({ in: place, key }: Mark): string | undefined {
  if (READ[place].includes(key)) return undefined;
  const elsewhere = [...READ.labels, ...READ.annotations].find((one) => one === key);
  if (elsewhere !== undefined) return elsewhere;
  if (KNOWN.has(key)) return undefined;
  const slash = key.indexOf("/");
  const [prefix, name] = [key.slice(0, Math.max(slash, 0)), key.slice(slash + 1)];
  if (prefix === OURS) {
    const names = [...READ.labels, ...READ.annotations].map((one) => one.slice(OURS.length + 1));
    const near = nearest(name, names);
    return near === undefined ? undefined : `${OURS}/${near}`;
  }
  return isLikeOurs(prefix) && nearest(name, [PROTECT]) !== undefined ? labelKeys.protect : undefined;
}

function isLikeOurs(prefix: string): boolean {
  return /kubectl[-_.]?backup|velero/i.test(prefix) || nearest(prefix, [OURS]) !== undefined;
}

interface Known {
  readonly protection: Protection;
  readonly now: Date;
}

function protectedMistakes(namespace: NamespaceMarks, known: Known): readonly LabelMistake[] {
  return [
    ...negation(namespace),
    ...excluded(namespace),
    ...unreadableMarks(namespace, known.now)
      .filter((mark) => !hasEnded(mark, known.now))
      .map((mark) => unreadable(mark, namespace, known)),
  ];
}

function switchedOff({ name, labels }: NamespaceMarks): readonly LabelMistake[] {
  const value = labels[labelKeys.protect];
  if (value === undefined) return [];
  return [
    {
      namespace: name,
      found: titleOf({ in: "labels", key: labelKeys.protect, value }),
      means: "switches the protection off",
      mend: `kubectl backup protect ${name}`,
      isAmiss: false,
    },
  ];
}

/** Only `false` switches protection off. */
function negation({ name, labels }: NamespaceMarks): readonly LabelMistake[] {
  const value = labels[labelKeys.protect] ?? "";
  if (!/^(false|no|n|off|0|none|disabled?)$/i.test(value)) return [];
  return [
    {
      namespace: name,
      found: titleOf({ in: "labels", key: labelKeys.protect, value }),
      means: "protects it all the same: only the value false does not",
      mend: `kubectl backup unprotect ${name}`,
      isAmiss: false,
    },
  ];
}

function excluded({ name, labels }: NamespaceMarks): readonly LabelMistake[] {
  const key = labelKeys.excludeFromBackup;
  if (labels[key] !== "true") return [];
  return [
    {
      namespace: name,
      found: titleOf({ in: "labels", key, value: "true" }),
      means: "keeps it out of every backup, so that no backup will ever let it go",
      mend: `kubectl label namespace ${name} ${key}-`,
      isAmiss: false,
    },
  ];
}

/** A skip that is over is no mistake. */
function hasEnded({ key, value }: UnreadableMark, now: Date): boolean {
  const skip = key === annotationKeys.skipFinalBackup ? readSkip(value) : undefined;
  return skip !== undefined && skip.until <= now;
}

function unreadable(mark: UnreadableMark, { name }: NamespaceMarks, { protection }: Known): LabelMistake {
  const limit = inShort(protection.maxAgeSeconds);
  const remove = removal(mark, name);
  const meanings: Readonly<Record<string, readonly [means: string, mend: string]>> = {
    [labelKeys.tier]: ["is no tier and counts as normal", `kubectl backup protect ${name} --tier normal`],
    [annotationKeys.maxAge]: [
      `is no duration: ${limit} counts, by its tier`,
      `kubectl backup protect ${name} --max-age ${limit}`,
    ],
    [annotationKeys.volumes]: ["counts as required", `kubectl backup protect ${name} --volumes required`],
    [annotationKeys.allowExcluded]: ["counts as false", remove],
    [annotationKeys.skipFinalBackup]: ["skips nothing", remove],
  };
  const [means, mend] = meanings[mark.key] ?? ["means nothing", remove];
  return { namespace: name, found: titleOf(mark), means, mend, isAmiss: isLimit(mark.key) };
}

function titleOf({ in: place, key, value }: Mark): string {
  return `${place === "labels" ? "label" : "annotation"} ${key}=${value}`;
}

function removal({ in: place, key }: Mark, namespace: string): string {
  return `kubectl ${place === "labels" ? "label" : "annotate"} namespace ${namespace} ${key}-`;
}
