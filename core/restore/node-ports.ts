import { objectAt, objectsAt, textAt, valueAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExact } from "#core/objects/exact-json.ts";
import { lastApplied } from "./last-applied.ts";

export interface ChosenPorts {
  isPortChosen(port: ExactObject): boolean;
  readonly healthCheck: boolean;
}

/**
 * Which node ports of a Service a user chose: those in what kubectl applied last, and those that somebody's request
 * named (allocated ports belong to no manager).
 */
export function userSetNodePorts(service: ExactObject): ChosenPorts {
  const applied = portsInApplied(lastApplied(service) ?? {});
  const managed = portsInManagedFields(service);
  return {
    isPortChosen: (port) => applied.isPortChosen(port) || managed.isPortChosen(port),
    healthCheck: applied.healthCheck || managed.healthCheck,
  };
}

function portsInApplied(applied: ExactObject): ChosenPorts {
  const keys = new Set(
    objectsAt(applied, ["spec", "ports"])
      .filter((port) => isSet(port["nodePort"]))
      .map(portKey),
  );
  return {
    isPortChosen: (port) => keys.has(portKey(port)),
    healthCheck: isSet(valueAt(applied, ["spec", "healthCheckNodePort"])),
  };
}

function portsInManagedFields(service: ExactObject): ChosenPorts {
  const keys = new Set<string>();
  let healthCheck = false;
  for (const entry of objectsAt(service, ["metadata", "managedFields"])) {
    if (textAt(entry, ["manager"]).endsWith("controller-manager")) continue;
    const spec = objectAt(entry, ["fieldsV1", "f:spec"]);
    healthCheck ||= Object.hasOwn(spec, "f:healthCheckNodePort");
    for (const [key, fields] of Object.entries(objectAt(spec, ["f:ports"]))) {
      if (isExactObject(fields) && Object.hasOwn(fields, "f:nodePort")) keys.add(managedKey(key));
    }
  }
  return { isPortChosen: (port) => keys.has(portKey(port)), healthCheck };
}

function isSet(value: unknown): boolean {
  return typeof value === "number" && value !== 0;
}

/** A Service's ports are a map by port and protocol. */
function portKey(port: ExactObject): string {
  return `${String(port["port"])}/${textAt(port, ["protocol"]) || "TCP"}`;
}

/** `k:{"port":80,"protocol":"TCP"}` */
function managedKey(key: string): string {
  const parsed = key.startsWith("k:") ? parseExact(key.slice(2)) : undefined;
  return isExactObject(parsed) ? portKey(parsed) : "";
}
