import { isFailure } from "#core/model/errors.ts";
import { ENDPOINT_SLICES, SERVICES } from "#core/model/known-kinds.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { objectsAt, textAt, valueAt } from "./edit-object.ts";
import type { RestoreRun } from "./restore-run.ts";

interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** Why nobody would answer a request to a Service, or undefined where somebody would or nobody may look. */
export async function lookForEndpoints(
  run: Pick<RestoreRun, "cluster" | "signal">,
  service: ServiceName,
): Promise<string | undefined> {
  const { namespace, name } = service;
  try {
    const bytes = await run.cluster.get({ resource: SERVICES, namespace, name }, run.signal);
    if (bytes === undefined) return `there is no Service ${namespace}/${name}`;
    const object = parseExactBytes(bytes);
    if (isExactObject(object) && textAt(object, ["spec", "type"]) === "ExternalName") return undefined;
    return (await hasReadyEndpoint(run, service))
      ? undefined
      : `the Service ${namespace}/${name} has no ready endpoint`;
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return undefined;
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
