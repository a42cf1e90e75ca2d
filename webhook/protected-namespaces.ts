import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { GUARD, UNGUARDED_NAMESPACES } from "#core/model/guard.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import { type NamespaceMarks, protectionOf } from "#core/protection/protection-of.ts";
import type { ProtectionSettings } from "#core/protection/settings.ts";
import { marksOf, type NamespaceObject, readNamespace } from "./namespace-object.ts";

export interface LiveNamespace extends NamespaceMarks {
  readonly resourceVersion: string | undefined;
  /** The reference that it bears was written by a guard, this one or another replica. */
  readonly isNotedByGuard: boolean;
}

/** Pages: a guard may not watch, as longer lists would have to be read. */
const PAGE_SIZE = 500;

/** Those that are protected now, by one list of their metadata. */
export async function readProtected(
  cluster: Pick<Cluster, "list">,
  settings: ProtectionSettings,
  signal: AbortSignal,
): Promise<readonly LiveNamespace[]> {
  const found: LiveNamespace[] = [];
  const labelSelector = labelKeys.protect;
  const request = { resource: NAMESPACES, labelSelector, metadataOnly: true, pageSize: PAGE_SIZE, signal };
  for await (const batch of cluster.list(request)) {
    found.push(...batch.map(readNamespace).map(liveNamespace));
  }
  return found.filter(
    (namespace) =>
      protectionOf(namespace, settings).isProtected &&
      !namespace.terminating &&
      !UNGUARDED_NAMESPACES.includes(namespace.name),
  );
}

function liveNamespace(object: NamespaceObject): LiveNamespace {
  const { resourceVersion, managedFields } = object.metadata;
  return { ...marksOf(object), resourceVersion, isNotedByGuard: isNotedByGuard(managedFields) };
}

const fields = z.looseObject({
  "f:metadata": z.looseObject({ "f:annotations": z.record(z.string(), z.unknown()).optional() }).optional(),
});
const managers = z.array(
  z.looseObject({ manager: z.string(), operation: z.string(), fieldsV1: fields.optional() }),
);

/** What somebody else writes in the same place is theirs alone from then on, unless it is the same value. */
function isNotedByGuard(managedFields: unknown): boolean {
  const entries = managers.safeParse(managedFields).data ?? [];
  return entries.some(
    ({ manager, operation, fieldsV1 }) =>
      manager === GUARD.name &&
      operation === "Apply" &&
      fieldsV1?.["f:metadata"]?.["f:annotations"]?.[`f:${annotationKeys.lastBackup}`] !== undefined,
  );
}
