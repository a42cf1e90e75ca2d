import { apiVersion, groupResource, type ItemKind } from "#core/model/item.ts";
import type { Rig } from "./rig.ts";

type Json = Record<string, unknown>;

/**
 * Backs everything up as if the server had said something else of some objects, such as only an older or another server
 * says; undefined leaves one as it is.
 */
export async function backUpRewritten(
  rig: Rig,
  rewrite: (object: Json) => Json | undefined,
): Promise<string> {
  const { cluster } = rig;
  const { list } = cluster;
  cluster.list = async function* (request) {
    const steps = list(request);
    for (let step = await steps.next(); ; step = await steps.next()) {
      if (step.done === true) return step.value;
      yield step.value.map((bytes) => {
        // Objects of tests, whose numbers are small.
        const changed = rewrite(JSON.parse(Buffer.from(bytes).toString()) as Json);
        return changed === undefined ? bytes : Buffer.from(JSON.stringify(changed));
      });
    }
  };
  try {
    return await rig.backUp([]);
  } finally {
    cluster.list = list;
  }
}

type Place = Pick<ItemKind, "group" | "version">;

/**
 * Backs everything up as if the server still served kinds where older ones did: `resource.group` of today → that place.
 * `rewrite` says what an object looked like there, beside its apiVersion.
 */
export async function backUpServedBefore(
  rig: Rig,
  places: Readonly<Record<string, Place>>,
  rewrite: (object: Json) => Json = (object) => object,
): Promise<string> {
  const { cluster } = rig;
  const { discover, list } = cluster;
  const today = new Map<string, Place>();
  const formerVersions = new Map<string, string>();
  cluster.discover = async (signal) => {
    const found = await discover(signal);
    const resources = found.resources.map((kind) => {
      const place = places[groupResource(kind)];
      if (place === undefined) return kind;
      today.set(groupResource({ ...kind, ...place }), { group: kind.group, version: kind.version });
      formerVersions.set(`${apiVersion(kind)} ${kind.kind}`, apiVersion(place));
      return { ...kind, ...place };
    });
    return { ...found, resources };
  };
  cluster.list = (request) =>
    list({ ...request, resource: { ...request.resource, ...today.get(groupResource(request.resource)) } });
  try {
    return await backUpRewritten(rig, (object) => {
      const former = formerVersions.get(`${object["apiVersion"]} ${object["kind"]}`);
      return former === undefined ? undefined : { ...rewrite(object), apiVersion: former };
    });
  } finally {
    Object.assign(cluster, { discover, list });
  }
}

/** Changes the spec of one object. */
export function specOf(kind: string, name: string, change: (spec: Json) => Json) {
  return (object: Json): Json | undefined => {
    const { name: own } = object["metadata"] as { name?: string };
    return object["kind"] === kind && own === name
      ? { ...object, spec: change(object["spec"] as Json) }
      : undefined;
  };
}
