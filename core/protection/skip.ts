import { LONGEST_SKEW_MS } from "./judge-backup.ts";

/**
 * `skip-final-backup: "<namespace>; until=<RFC 3339>; reason=…"`: deleting without a backup has to be said, for this
 * namespace, for a short while and with a reason.
 */
export interface Skip {
  readonly namespace: string;
  readonly until: Date;
  readonly reason: string;
}

/** A skip that was set for longer would lie around until nobody remembers it. */
const LONGEST_MS = 24 * 3600 * 1000;

const RFC_3339 = "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d+)?(?:Z|[+-]\\d{2}:\\d{2})";
const FORM = new RegExp(`^([a-z0-9-]+); until=(${RFC_3339}); reason=(.*\\S.*)$`, "s");

/** The annotation's value: named so that it cannot be copied, dated so that it cannot be forgotten. */
export function writeSkip({ namespace, until, reason }: Skip): string {
  return `${namespace}; until=${until.toISOString().replace(/\.\d+Z$/, "Z")}; reason=${reason}`;
}

/** undefined when it is not of the form. */
export function readSkip(text: string): Skip | undefined {
  const [, namespace = "", until = "", reason = ""] = FORM.exec(text) ?? [];
  const time = new Date(until);
  if (namespace === "" || Number.isNaN(time.getTime())) return undefined;
  return { namespace, until: time, reason: reason.trim() };
}

/** Why it does not hold now, in words that end a sentence; undefined when it holds. */
export function whyNoSkip(text: string, namespace: string, now: Date): string | undefined {
  const skip = readSkip(text);
  if (skip === undefined) return "is not of the form NAMESPACE; until=RFC 3339; reason=TEXT";
  if (skip.namespace !== namespace) return `names namespace ${skip.namespace}`;
  const left = skip.until.getTime() - now.getTime();
  // Said so that a time which nobody knows ends it too.
  if (!(left > 0)) return `ended at ${skip.until.toISOString()}`;
  // Who wrote it knew the API server's clock to the second at best.
  return left > LONGEST_MS + LONGEST_SKEW_MS ? "is for more than 24 hours" : undefined;
}
