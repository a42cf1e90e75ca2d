import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import type { Deletion, SeenBackup } from "#core/protection/decide-deletion.ts";
import type { BackupEvidence } from "#core/protection/judge-backup.ts";
import { type NamespaceMarks, protectionOf } from "#core/protection/protection-of.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";

export const NOW = new Date("2026-05-01T12:00:00Z");
export const HOUR_MS = 3_600_000;

export function ago(milliseconds: number): string {
  return new Date(NOW.getTime() - milliseconds).toISOString();
}

/** A protected namespace, unless told otherwise. */
export function marks(changes: Partial<NamespaceMarks> = {}): NamespaceMarks {
  return {
    name: "prod",
    uid: "prod-uid",
    terminating: false,
    labels: { [labelKeys.protect]: "true" },
    annotations: {},
    ...changes,
  };
}

/** Whole, of this namespace, an hour old. */
export function evidence(changes: Partial<BackupEvidence> = {}): BackupEvidence {
  return {
    name: "prod-1",
    cluster: { kubeSystemUid: "here" },
    finishedAt: ago(HOUR_MS - 60_000),
    committedAt: new Date(ago(HOUR_MS - 60_000)),
    ...changes,
    namespace: {
      uid: "prod-uid",
      firstListAt: ago(HOUR_MS),
      excludedByLabel: 0,
      claims: [],
      complete: true,
      ...changes.namespace,
    },
  };
}

export function seen(changes: Partial<SeenBackup> = {}): SeenBackup {
  return { evidence: evidence(), seenSecondsAgo: 1, ...changes };
}

export function deletion(
  changes: Partial<Omit<Deletion, "facts">> & { readonly facts?: Partial<Deletion["facts"]> } = {},
): Deletion {
  const namespace = changes.namespace ?? marks();
  return {
    mayUnprotect: false,
    backups: [],
    locations: ["s3://bucket/prefix?region=x"],
    troubles: [],
    unread: [],
    ...changes,
    namespace,
    facts: {
      cluster: { kubeSystemUid: "here" },
      namespace,
      protection: protectionOf(namespace, DEFAULT_SETTINGS),
      liveClaims: [],
      now: NOW,
      ...changes.facts,
    },
  };
}

export function annotated(key: keyof typeof annotationKeys, value: string): NamespaceMarks {
  return marks({ annotations: { [annotationKeys[key]]: value } });
}
