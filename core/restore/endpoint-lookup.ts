import { isFailure } from "#core/model/errors.ts";
import { ENDPOINT_SLICES, SERVICES } from "#core/model/known-kinds.ts";
import { objectsAt, textAt, valueAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type { RestoreRun } from "./restore-run.ts";

interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

export interface Answer {
  /** Why nobody would answer a request; undefined where somebody would or nobody may look. */
  readonly lacking: string | undefined;
  /** Endpoints of a Service that is there may still get ready; all Services of the restore are there by now. */
  readonly mayCome: boolean;
}

const ANSWERS: Answer = { lacking: undefined, mayCome: false };

/** Who would answer a request to a Service. */
export async function lookForEndpoints(
  run: Pick<RestoreRun, "cluster" | "signal">,
  service: ServiceName,
): Promise<Answer> {
  const { namespace, name } = service;
  try {
    const bytes = await run.cluster.get({ resource: SERVICES, namespace, name }, run.signal);
    if (bytes === undefined) return { lacking: `there is no Service ${namespace}/${name}`, mayCome: false };
    const object = parseExactBytes(bytes);
    if (isExactObject(object) && textAt(object, ["spec", "type"]) === "ExternalName") return ANSWERS;
    return (await hasReadyEndpoint(run, service))
      ? ANSWERS
      : { lacking: `the Service ${namespace}/${name} has no ready endpoint`, mayCome: true };
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return ANSWERS;
  }
}

async function hasReadyEndpoint(
  { cluster, signal }: Pick<RestoreRun, "cluster" | "signal">,
  { namespace, name }: ServiceName,
): Promise<boolean> {
  for await (const batch of cluster.list({ resource: ENDPOINT_SLICES, namespace, signal })) {
    for (const bytes of batch) {
      if (readItemHeader(bytes).labels["kubernetes.io/service-name"] !== name) continue;
      const slice = parseExactBytes(bytes);
      if (isExactObject(slice) && objectsAt(slice, ["endpoints"]).some(isReady)) return true;
    }
  }
  return false;
}

/** Nothing said counts as ready, says the API. */
function isReady(endpoint: ExactObject): boolean {
  return valueAt(endpoint, ["conditions", "ready"]) !== false;
}
