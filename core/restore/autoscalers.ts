import type { Cluster, Discovery } from "#core/kube/cluster.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { textAt, valueAt, withValue } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { eachObject } from "./existing.ts";

/** In the target: `Kind.group namespace/name` of what an autoscaler scales → the autoscaler's name. */
export type Autoscaled = ReadonlyMap<string, string>;

export interface AutoscalersRequest {
  readonly discovery: Discovery;
  /** Of the target, those that exist. */
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}

export async function readAutoscalers(
  cluster: Cluster,
  { discovery, namespaces, signal }: AutoscalersRequest,
): Promise<Autoscaled> {
  const scaled = new Map<string, string>();
  const kind = discovery.resources.find(
    (resource) => groupResource(resource) === "horizontalpodautoscalers.autoscaling",
  );
  if (kind === undefined) return scaled;
  for await (const bytes of eachObject(cluster, { kind, namespaces, signal })) {
    const object = parseExactBytes(bytes);
    if (!isExactObject(object)) continue;
    const [group = ""] = textAt(object, ["spec", "scaleTargetRef", "apiVersion"]).split("/").slice(0, -1);
    const target = {
      group,
      kind: textAt(object, ["spec", "scaleTargetRef", "kind"]),
      namespace: textAt(object, ["metadata", "namespace"]),
      name: textAt(object, ["spec", "scaleTargetRef", "name"]),
    };
    scaled.set(scaledKey(target), textAt(object, ["metadata", "name"]));
  }
  return scaled;
}

function scaledKey(target: Pick<ItemKind, "group" | "kind"> & { namespace: string; name: string }): string {
  return `${target.kind}.${target.group} ${target.namespace}/${target.name}`;
}

/** The name of the one that scales it. Pure. */
export function autoscalerOf(
  autoscaled: Autoscaled,
  { kind: { group, kind }, namespace, name }: ObjectPlace,
): string | undefined {
  return autoscaled.size === 0 ? undefined : autoscaled.get(scaledKey({ group, kind, namespace, name }));
}

const REPLICAS = ["spec", "replicas"];

export interface Respected {
  readonly object: ExactObject;
  /** The one whose number of replicas was kept; undefined: nothing had to be kept. */
  readonly autoscaler: string | undefined;
}

/** What is wished, with the number of replicas that an autoscaler has set in the live object. Pure. */
export function respectAutoscaler(
  autoscaled: Autoscaled,
  place: ObjectPlace,
  { live, wished }: { readonly live: ExactObject; readonly wished: ExactObject },
): Respected {
  const autoscaler = autoscalerOf(autoscaled, place);
  const replicas = valueAt(live, REPLICAS);
  if (autoscaler === undefined || replicas === undefined || replicas === valueAt(wished, REPLICAS))
    return { object: wished, autoscaler: undefined };
  return { object: withValue(wished, REPLICAS, replicas), autoscaler };
}

export interface ObjectPlace {
  readonly kind: Pick<ItemKind, "group" | "kind">;
  readonly namespace: string;
  readonly name: string;
}
