import { objectAt, textAt, valueAt, withEach, withoutValues, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/** networking.k8s.io/v1beta1 → v1: backends have another shape, and paths must say how they match. */
export function ingressFromBeta(ingress: ExactObject): ExactObject {
  const ruled = withEach(ingress, ["spec", "rules"], (rule) =>
    withEach(rule, ["http", "paths"], (path) => newPath(path)),
  );
  const backend = valueAt(ruled, ["spec", "backend"]);
  if (backend === undefined) return ruled;
  const bare = withoutValues(ruled, [["spec", "backend"]]);
  return withValue(bare, ["spec", "defaultBackend"], newBackend(objectAt(ruled, ["spec", "backend"])));
}

function newPath(path: ExactObject): ExactObject {
  const matched = textAt(path, ["pathType"]) === "" ? { ...path, pathType: "ImplementationSpecific" } : path;
  return { ...matched, backend: newBackend(objectAt(path, ["backend"])) };
}

function newBackend(backend: ExactObject): ExactObject {
  const { serviceName, servicePort, ...rest } = backend;
  if (serviceName === undefined || servicePort === undefined) return backend;
  const port = typeof servicePort === "string" ? { name: servicePort } : { number: servicePort };
  return { ...rest, service: { name: serviceName, port } };
}
