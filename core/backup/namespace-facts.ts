import type { ApiResource, Cluster, ListSummary } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { ItemHeader } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type { CompiledSelection } from "#core/selection/compile-selection.ts";

/** A namespace that belongs to the selection. `header` and `bytes` are absent where it may not be read. */
export interface NamespaceFact {
  readonly name: string;
  readonly header?: ItemHeader | undefined;
  readonly bytes?: Uint8Array | undefined;
}

export interface NamespaceFacts {
  /** Selected ones, by name. */
  readonly selected: readonly NamespaceFact[];
  /** Named, and not there. */
  readonly missing: readonly string[];
  /** How many the cluster has, where they were listed. */
  readonly total: number | undefined;
  /** Absent where each was asked for by name. */
  readonly list: ListSummary | undefined;
  readonly kubeSystemUid: string | undefined;
}

interface Reading {
  readonly cluster: Cluster;
  readonly namespaces: ApiResource;
  readonly signal: AbortSignal;
}

/**
 * The namespaces that the selection means. Listed, unless all are named: then each is asked for, which needs fewer
 * rights. Failure cluster-forbidden where they would have to be listed and may not be, namespace-not-found where none
 * of the named ones exists.
 */
export async function readNamespaces(
  selection: CompiledSelection,
  reading: Reading,
): Promise<NamespaceFacts> {
  const mustList = selection.takesAllNamespaces || selection.hasNamespaceGlobs;
  const facts = mustList ? await listNamespaces(selection, reading) : await getNamespaces(selection, reading);
  if (!selection.takesAllNamespaces && facts.selected.length === 0) throw notFound(facts.missing);
  return facts;
}

function notFound(missing: readonly string[]): Failure {
  const what = missing.map((name) => `"${name}"`).join(", ");
  return new Failure(
    "namespace-not-found",
    missing.length === 0 ? "no namespace matches the selection" : `the cluster has no namespace ${what}`,
  );
}

async function listNamespaces(selection: CompiledSelection, reading: Reading): Promise<NamespaceFacts> {
  const found: NamespaceFact[] = [];
  const list = await readList(reading, (fact) => found.push(fact));
  const names = new Set(found.map(({ name }) => name));
  return {
    selected: found.filter(({ name }) => selection.includesNamespace(name)).sort(byName),
    missing: selection.literalNamespaces.filter((name) => !names.has(name)),
    total: found.length,
    list,
    kubeSystemUid: found.find(({ name }) => name === "kube-system")?.header?.uid,
  };
}

function byName(left: NamespaceFact, right: NamespaceFact): number {
  return left.name < right.name ? -1 : 1;
}

async function readList(
  { cluster, namespaces, signal }: Reading,
  take: (fact: NamespaceFact) => void,
): Promise<ListSummary> {
  const request = { resource: namespaces, keepWatching: true, signal };
  try {
    return await drainList(cluster, request, (batch) => {
      for (const bytes of batch) take(toFact(bytes.slice()));
      return undefined;
    });
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    throw new Failure("cluster-forbidden", "you may not list the namespaces of this cluster", {
      hint: "name those you have rights in: -n NAMESPACE",
      cause: error,
      reply: error.reply,
    });
  }
}

function toFact(bytes: Uint8Array): NamespaceFact {
  const header = readItemHeader(bytes);
  return { name: header.name, header, bytes };
}

async function getNamespaces(selection: CompiledSelection, reading: Reading): Promise<NamespaceFacts> {
  const wanted = selection.literalNamespaces.filter((name) => selection.includesNamespace(name));
  const [kubeSystem, ...found] = await Promise.all(
    ["kube-system", ...wanted].map((name) => getNamespace(name, reading)),
  );
  return {
    selected: found.filter((fact) => fact !== undefined).sort(byName),
    missing: wanted.filter((_, index) => found[index] === undefined),
    total: undefined,
    list: undefined,
    kubeSystemUid: kubeSystem?.header?.uid,
  };
}

/** A namespace that may not be read may still hold objects that may: only its own object is unknown then. */
async function getNamespace(name: string, reading: Reading): Promise<NamespaceFact | undefined> {
  const { cluster, namespaces, signal } = reading;
  try {
    const bytes = await cluster.get({ resource: namespaces, namespace: "", name }, signal);
    return bytes === undefined ? undefined : toFact(bytes);
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return { name };
    throw error;
  }
}
