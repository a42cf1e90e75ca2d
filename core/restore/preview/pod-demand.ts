import { objectAt, objectsAt, textAt, valueAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { type Billionths, parseQuantity } from "#core/objects/quantity.ts";

/** By resource as quotas call it: `requests.cpu`, `limits.memory`, and `cpu` for `requests.cpu`. */
export type Demand = ReadonlyMap<string, Billionths>;

/**
 * What a quota counts for one pod: its containers and sidecars together, or what its init containers need at once where
 * that is more, and the overhead (component-helpers resource/helpers.go PodRequests). What a LimitRange would add is not
 * in it.
 */
export function podDemand(spec: ExactObject): Demand {
  const demand = new Map<string, Billionths>();
  for (const [resource, amount] of effective(spec, requestsOf)) {
    demand.set(`requests.${resource}`, amount);
    if (isCountedBare(resource)) demand.set(resource, amount);
  }
  for (const [resource, amount] of effective(spec, limitsOf)) demand.set(`limits.${resource}`, amount);
  return demand;
}

type Amounts = Map<string, Billionths>;
type Side = (owner: ExactObject) => Amounts;

function isCountedBare(resource: string): boolean {
  return /^(cpu|memory|ephemeral-storage|hugepages-.*)$/.test(resource);
}

function effective(spec: ExactObject, side: Side): Amounts {
  const total = sumOf(objectsAt(spec, ["containers"]).map(side));
  const { sidecars, starting } = initDemand(objectsAt(spec, ["initContainers"]), side);
  add(total, sidecars);
  raise(total, starting);
  // What is said of the whole pod counts instead of its containers.
  for (const [resource, amount] of side(spec)) total.set(resource, amount);
  const overhead = amountsAt(spec, ["overhead"]).entries();
  // Without a limit there is none to add to.
  add(total, new Map(overhead.filter(([resource]) => side === requestsOf || total.has(resource))));
  return total;
}

/** Each runs beside the sidecars that were started before it. */
function initDemand(containers: readonly ExactObject[], side: Side) {
  const sidecars: Amounts = new Map();
  const starting: Amounts = new Map();
  for (const container of containers) {
    const isSidecar = textAt(container, ["restartPolicy"]) === "Always";
    const amounts = side(container);
    if (isSidecar) add(sidecars, amounts);
    raise(starting, isSidecar ? sidecars : sumOf([sidecars, amounts]));
  }
  return { sidecars, starting };
}

/** The server sets a request that is not given to its limit. */
function requestsOf(owner: ExactObject): Amounts {
  return new Map([...limitsOf(owner), ...amountsAt(owner, ["resources", "requests"])]);
}

function limitsOf(owner: ExactObject): Amounts {
  return amountsAt(owner, ["resources", "limits"]);
}

function amountsAt(object: ExactObject, path: readonly string[]): Amounts {
  const entries = Object.keys(objectAt(object, path)).flatMap((resource) => {
    const amount = parseQuantity(String(valueAt(object, [...path, resource]) ?? ""));
    return amount === undefined ? [] : [[resource, amount] as const];
  });
  return new Map(entries);
}

function sumOf(parts: readonly Amounts[]): Amounts {
  const sum: Amounts = new Map();
  for (const part of parts) add(sum, part);
  return sum;
}

function add(sum: Amounts, part: Amounts): void {
  for (const [resource, amount] of part) sum.set(resource, (sum.get(resource) ?? 0n) + amount);
}

function raise(most: Amounts, other: Amounts): void {
  for (const [resource, amount] of other) if (amount > (most.get(resource) ?? 0n)) most.set(resource, amount);
}
