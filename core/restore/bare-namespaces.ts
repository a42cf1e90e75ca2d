import { annotationKeys } from "#core/model/annotations.ts";
import type { ItemKind } from "#core/model/item.ts";
import type { RestoreRun } from "./restore-run.ts";
import { isAlreadyThere, refusedOutcome } from "./write-replies.ts";

const NAMESPACES: ItemKind = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

/** Namespaces that objects go into although the backup does not hold them (it was made with rights in them only). */
export async function createBareNamespaces(run: RestoreRun): Promise<void> {
  for (const name of run.prepared.bareNamespaces) {
    const body = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, annotations: { [annotationKeys.restoredFrom]: run.mark } },
    };
    const ref = { resource: NAMESPACES, namespace: "", name };
    const reply = await run.cluster.create(ref, Buffer.from(JSON.stringify(body)), { signal: run.signal });
    if (reply.ok || isAlreadyThere(reply)) {
      run.finish.notes.push(
        `namespace ${name} is not in the backup: it was made without labels or annotations`,
      );
      continue;
    }
    const outcome = refusedOutcome(reply);
    run.results.add(NAMESPACES, { namespace: "", name, outcome, warnings: [] });
    run.blockedNamespaces.set(name, `its namespace could not be created: ${reply.message}`);
  }
}
