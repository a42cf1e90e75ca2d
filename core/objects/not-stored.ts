import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import { groupResource } from "#core/model/item.ts";

/** A kind, or some objects of it, and why it is treated so; published by `create --dry-run` and in the docs. */
export interface PublishedRule {
  /** `resource.group`, or words where no single kind is meant. */
  readonly what: string;
  readonly reason: string;
}

const RECREATED = "the control plane writes them anew by itself";

/** Whole kinds that no backup holds. They do not count against completeness. */
const KINDS_NOT_STORED: ReadonlyMap<string, string> = new Map([
  ["events", "a log of the past, kept by the server for an hour"],
  ["events.events.k8s.io", "a log of the past, kept by the server for an hour"],
  ["leases.coordination.k8s.io", "held by running processes for seconds"],
  ["leasecandidates.coordination.k8s.io", "held by running processes for seconds"],
  ["componentstatuses", "made up by the server at each request, nothing is stored"],
  ["csistoragecapacities.storage.k8s.io", "measured and renewed by storage drivers"],
  ["resourceslices.resource.k8s.io", "published and renewed by device drivers"],
  ["storageversions.internal.apiserver.k8s.io", RECREATED],
  [
    "storageversionmigrations.storagemigration.k8s.io",
    "a finished or running operation of this cluster's storage",
  ],
]);

const MADE_BY_CONTROLLER =
  "made by a controller from a Service with a selector; those that a user made are stored";

/** Some objects of kinds that are stored otherwise. */
const OBJECTS_NOT_STORED: ReadonlyMap<string, (header: ItemHeader) => boolean> = new Map([
  ["endpointslices.discovery.k8s.io", isManagedSlice],
  ["endpoints", isManagedEndpoints],
]);

const SLICE_MANAGER = "endpointslice.kubernetes.io/managed-by";
const SLICE_CONTROLLERS: ReadonlySet<string> = new Set([
  "endpointslice-controller.k8s.io",
  "endpointslicemirroring-controller.k8s.io",
]);

function isManagedSlice(header: ItemHeader): boolean {
  return SLICE_CONTROLLERS.has(header.labels[SLICE_MANAGER] ?? "");
}

/**
 * The endpoints controller labels what it makes since 1.33 and notes the time of its last trigger before; `kubernetes`
 * in default is the API server's own.
 */
function isManagedEndpoints(header: ItemHeader): boolean {
  return (
    header.labels["endpoints.kubernetes.io/managed-by"] !== undefined ||
    header.annotations["endpoints.kubernetes.io/last-change-trigger-time"] !== undefined ||
    (header.namespace === "default" && header.name === "kubernetes")
  );
}

interface ServedKind extends ItemKind {
  readonly verbs: readonly string[];
}

/** Answered from a computation: nothing to watch and nothing to create (metrics, package manifests). */
function isVirtual(kind: ServedKind): boolean {
  return !kind.verbs.includes("watch") && !kind.verbs.includes("create");
}

/** Why no object of this kind is stored, or undefined. */
export function kindNotStored(kind: ServedKind): string | undefined {
  const listed = KINDS_NOT_STORED.get(groupResource(kind));
  if (listed !== undefined) return listed;
  if (!kind.verbs.includes("list") || !kind.verbs.includes("get"))
    return "a request, not an object: it cannot be listed";
  return isVirtual(kind) ? "virtual: can be neither watched nor created" : undefined;
}

/** The rule for some objects of this kind, if there is one. */
export function objectsNotStored(kind: ItemKind): PublishedRule | undefined {
  const what = groupResource(kind);
  return OBJECTS_NOT_STORED.has(what) ? someOf(what) : undefined;
}

function someOf(what: string): PublishedRule {
  return { what: `${what}, some`, reason: MADE_BY_CONTROLLER };
}

export function isObjectNotStored(kind: ItemKind, header: ItemHeader): boolean {
  return OBJECTS_NOT_STORED.get(groupResource(kind))?.(header) ?? false;
}

export const notStoredRules: readonly PublishedRule[] = [
  ...[...KINDS_NOT_STORED].map(([what, reason]) => ({ what, reason })),
  ...[...OBJECTS_NOT_STORED.keys()].map(someOf),
  { what: "reviews and bindings", reason: "requests, not objects: they cannot be listed" },
  {
    what: "virtual APIs such as metrics.k8s.io",
    reason: "can be neither watched nor created: computed at each request",
  },
];
