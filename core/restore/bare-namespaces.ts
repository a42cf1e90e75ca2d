import { retrying } from "#core/flow/retry.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { madeOf } from "./made.ts";
import type { RestoreRun } from "./restore-run.ts";
import { isAlreadyThere, refusedOutcome } from "./write-replies.ts";

const ATTEMPTS = 3;

/** Namespaces that objects go into although the backup does not hold them (it was made with rights in them only). */
export async function createBareNamespaces(run: RestoreRun): Promise<void> {
  for (const name of run.prepared.bareNamespaces) {
    const body = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, annotations: { [annotationKeys.restoredFrom]: run.mark } },
    };
    const ref = { resource: NAMESPACES, namespace: "", name };
    const send = () => run.cluster.create(ref, Buffer.from(JSON.stringify(body)), { signal: run.signal });
    // Where only the answer was lost it is there by now, which is as good.
    const reply = await retrying(send, { signal: run.signal, attempts: ATTEMPTS });
    if (reply.ok || isAlreadyThere(reply)) {
      run.finish.notes.push(
        `namespace ${name} is not in the backup: it was made without labels or annotations`,
      );
      if (reply.ok) noteMade(run, name, reply.body);
      continue;
    }
    const outcome = refusedOutcome(reply);
    run.results.add(NAMESPACES, { namespace: "", name, outcome, warnings: [] });
    run.blockedNamespaces.set(name, `its namespace could not be created: ${reply.message}`);
  }
}

/** On record, so that an undo that deletes what was created finds it. */
function noteMade(run: RestoreRun, name: string, body: Uint8Array): void {
  const { uid } = readItemHeader(body);
  const object = parseExactBytes(body);
  const made = isExactObject(object) ? madeOf(NAMESPACES, object, []) : undefined;
  const outcome: ItemOutcome = { result: "created", uid, made };
  run.results.add(NAMESPACES, { namespace: "", name, outcome, warnings: [] });
}
