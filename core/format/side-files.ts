import { gzipSync } from "node:zlib";
import type { BackupFacts, ClaimRecord, Notice } from "#core/model/backup.ts";
import { apiVersion } from "#core/model/item.ts";
import { compressMember } from "./gzip-member.ts";
import type { ItemKey, KindCount } from "./index-entry.ts";

/**
 * The files beside the archive that Velero's describe and logs read. None of them is needed for a restore; each is
 * gzip of what Velero's own server would have written.
 */
export type LogLevel = "info" | "warning" | "error";

/** One line as logrus writes text, which `velero backup logs` prints as it stands. */
export function logLine(time: Date, level: LogLevel, text: string): string {
  return `time="${time.toISOString().slice(0, 19)}Z" level=${level} msg=${JSON.stringify(text)}\n`;
}

/** -results.gz */
export function encodeResults(facts: Pick<BackupFacts, "errors" | "warnings">): Uint8Array {
  return gzipJson({ errors: resultOf(facts.errors), warnings: resultOf(facts.warnings) });
}

function resultOf(notices: readonly Notice[]) {
  const cluster = notices.filter((notice) => notice.namespace === undefined).map((notice) => notice.message);
  const inNamespaces = notices.filter((notice) => notice.namespace !== undefined);
  const namespaces = Object.fromEntries(
    [...Map.groupBy(inNamespaces, (notice) => notice.namespace ?? "")].map(([namespace, group]) => [
      namespace,
      group.map((notice) => notice.message),
    ]),
  );
  return {
    ...(cluster.length > 0 && { cluster }),
    ...(inNamespaces.length > 0 && { namespaces }),
  };
}

/** -volumeinfo.json.gz: every claim whose volume is known, as skipped. Velero looks volumes up by their names. */
export function encodeVolumeInfo(facts: Pick<BackupFacts, "namespaces">): Uint8Array {
  return gzipJson(
    facts.namespaces.flatMap(({ name, claims }) =>
      claims.filter(({ volumeName }) => volumeName !== undefined).map((claim) => skippedVolume(name, claim)),
    ),
  );
}

function skippedVolume(namespace: string, claim: ClaimRecord) {
  return {
    pvcName: claim.name,
    pvcNamespace: namespace,
    pvName: claim.volumeName,
    snapshotDataMoved: false,
    preserveLocalSnapshot: false,
    skipped: true,
    skippedReason: claim.reason ?? "volume data is not part of this backup",
  };
}

/** -resource-list.json.gz: key `group/version/Kind`, values `namespace/name` or `name`. Names every item: streams. */
export function encodeResourceList(
  kinds: readonly KindCount[],
  keysOf: (kind: KindCount) => Iterable<ItemKey>,
): AsyncIterable<Uint8Array> {
  return gzipMembers(resourceListText(kinds, keysOf));
}

function* resourceListText(
  kinds: readonly KindCount[],
  keysOf: (kind: KindCount) => Iterable<ItemKey>,
): Generator<string> {
  yield "{";
  for (const [index, kind] of kinds.entries()) {
    yield `${index === 0 ? "" : ","}\n${JSON.stringify(`${apiVersion(kind)}/${kind.kind}`)}:[`;
    let separator = "";
    for (const { namespace, name } of keysOf(kind)) {
      yield separator + JSON.stringify(namespace === "" ? name : `${namespace}/${name}`);
      separator = ",";
    }
    yield "]";
  }
  yield "\n}\n";
}

const MEMBER_CHARACTERS = 1024 * 1024;

/** Concatenated members are one gzip file to Go and to everybody else. */
async function* gzipMembers(pieces: Iterable<string>): AsyncGenerator<Uint8Array> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < MEMBER_CHARACTERS) continue;
    yield await compressMember(Buffer.from(text));
    text = "";
  }
  yield await compressMember(Buffer.from(text));
}

function gzipJson(value: unknown): Uint8Array {
  return gzipSync(`${JSON.stringify(value)}\n`);
}
