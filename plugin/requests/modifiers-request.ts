import { readFile } from "node:fs/promises";
import type { Cluster } from "#core/kube/cluster.ts";
import { describeError, Failure } from "#core/model/errors.ts";
import { CONFIG_MAPS } from "#core/model/known-kinds.ts";
import type { Modifiers } from "#core/model/modifiers.ts";
import { type ExactJson, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import type { RestoreFlags } from "#plugin/commands/restore-flags.ts";

type Given = Pick<RestoreFlags, "modifiers" | "resourceModifierConfigmap">;

/** Where Velero keeps its own. */
const VELERO = "velero";

/** From a file, before any cluster is asked; undefined where none is named. */
export async function modifiersOfFile({
  modifiers,
  resourceModifierConfigmap,
}: Given): Promise<Modifiers | undefined> {
  if (modifiers !== undefined && resourceModifierConfigmap !== undefined) {
    throw new Failure(
      "usage",
      "--modifiers and --resource-modifier-configmap mean the same: give one of them",
      { hint: "put the rules of both into one file" },
    );
  }
  if (modifiers === undefined || configMapOf({ modifiers }) !== undefined) return undefined;
  const text = await readFile(modifiers, "utf8").catch((error: unknown) => {
    throw new Failure("usage", `--modifiers: ${modifiers} cannot be read: ${describeError(error)}`, {
      hint: "give a file, or configmap/NAME for one in the cluster",
      cause: error,
    });
  });
  return parse(modifiers, text);
}

/** From a ConfigMap, in the context's namespace unless another is named. */
export async function modifiersOfCluster(
  given: Given,
  cluster: Pick<Cluster, "get" | "info">,
  signal: AbortSignal,
): Promise<Modifiers | undefined> {
  const found = configMapOf(given);
  if (found === undefined) return undefined;
  const { namespace = cluster.info.namespace, name } = found;
  const from = `configmap/${namespace}/${name}`;
  const bytes = await cluster.get({ resource: CONFIG_MAPS, namespace, name }, signal);
  if (bytes === undefined) {
    throw new Failure("object-not-found", `--modifiers: there is no ${from}`, {
      hint: "configmap/NAMESPACE/NAME names one in another namespace",
    });
  }
  return parse(from, onlyEntry(from, parseExactBytes(bytes)));
}

function configMapOf({ modifiers, resourceModifierConfigmap: velero }: Partial<Given>) {
  if (velero !== undefined) return { namespace: VELERO, name: velero };
  const [kind, ...words] = (modifiers ?? "").split("/");
  if (kind !== "configmap" && kind !== "cm") return undefined;
  const name = words.at(-1);
  if (name === undefined || name === "" || words.length > 2) {
    throw new Failure("usage", `--modifiers: "${modifiers}" is not configmap/NAME`);
  }
  return { namespace: words.length === 2 ? words[0] : undefined, name };
}

function onlyEntry(from: string, configMap: ExactJson): string {
  const data = isExactObject(configMap) ? configMap["data"] : undefined;
  const entries = isExactObject(data) ? Object.values(data) : [];
  const [text] = entries;
  if (entries.length === 1 && typeof text === "string") return text;
  throw new Failure("usage", `${from}: it has ${entries.length} entries, and one is needed`);
}

async function parse(from: string, text: string): Promise<Modifiers> {
  const { readModifiers } = await import("./modifiers-text.ts");
  return readModifiers(from, text);
}
