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

/** Changes the spec of one object. */
export function specOf(kind: string, name: string, change: (spec: Json) => Json) {
  return (object: Json): Json | undefined => {
    const { name: own } = object["metadata"] as { name?: string };
    return object["kind"] === kind && own === name
      ? { ...object, spec: change(object["spec"] as Json) }
      : undefined;
  };
}
