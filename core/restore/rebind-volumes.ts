import { type ItemKind, itemTitle } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import { isExactObject, parseExactBytes, stringifyExact } from "#core/objects/exact-json.ts";
import type { RestoreRun } from "./restore-run.ts";

export const VOLUMES: ItemKind = {
  group: "",
  version: "v1",
  resource: "persistentvolumes",
  kind: "PersistentVolume",
  namespaced: false,
};

/**
 * Frees the released, retained volumes for the claims that had them: without the old claim's uid a volume may be bound
 * again, and still by a claim of that name alone. Done before the claims are created.
 */
export async function rebindVolumes(run: RestoreRun): Promise<void> {
  for (const fate of run.prepared.facts.rules.claims.values()) {
    if (fate.fate === "rebind") await freeVolume(run, fate.volume);
  }
}

async function freeVolume(run: RestoreRun, name: string): Promise<void> {
  const ref = { resource: VOLUMES, namespace: "", name };
  const bytes = await run.cluster.get(ref, run.signal);
  const volume = bytes === undefined ? undefined : parseExactBytes(bytes);
  // The plan saw it; if it is gone or taken now, the claim stays unbound and the report names it.
  if (!isExactObject(volume) || textAt(volume, ["status", "phase"]) !== "Released") return;
  const { uid, resourceVersion } = {
    uid: textAt(volume, ["metadata", "uid"]),
    resourceVersion: textAt(volume, ["metadata", "resourceVersion"]),
  };
  const patch = {
    metadata: { uid, resourceVersion },
    spec: { claimRef: { uid: null, resourceVersion: null } },
  };
  const reply = await run.cluster.patch(
    ref,
    { type: "merge", body: Buffer.from(stringifyExact(patch)) },
    { signal: run.signal },
  );
  if (!reply.ok) run.finish.troubles.push(`${itemTitle(VOLUMES, ref)}: ${reply.message}`);
}
