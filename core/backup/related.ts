import type { ApiResource, Cluster } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import type { Notice } from "#core/model/backup.ts";
import { type Failure, isFailure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { valueAt } from "#core/objects/drop-path.ts";
import { type ExactJson, isExactList, parseExactBytes } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type { ItemSink } from "./item-sink.ts";
import type { Needs } from "./needs.ts";
import type { KindOutcome } from "./read-kind.ts";

export interface RelatedReading {
  readonly cluster: Cluster;
  readonly kinds: readonly ApiResource[];
  readonly needs: Needs;
  readonly sink: ItemSink;
  readonly namespaces: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

export interface RelatedOutcome {
  readonly outcomes: readonly KindOutcome[];
  readonly warnings: readonly Notice[];
}

/**
 * The cluster-scoped objects that stored ones stand on, and those that these stand on in turn (a claim's volume, its
 * class), by single gets. What the caller may not read is a warning: it is beside what was asked for.
 */
export async function readRelated(reading: RelatedReading): Promise<RelatedOutcome> {
  const reader = new RelatedReader(reading);
  await reader.readBindings();
  await reader.readDefinitions();
  await reader.readReferences();
  return reader.result();
}

const BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io";
const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";

class RelatedReader {
  readonly #reading: RelatedReading;
  readonly #kinds: ReadonlyMap<string, ApiResource>;
  readonly #outcomes = new Map<string, { kind: ApiResource; count: number; gets: number }>();
  readonly #refused = new Map<string, { failure: Failure; names: string[] }>();
  readonly #asked = new Set<string>();

  constructor(reading: RelatedReading) {
    this.#reading = reading;
    this.#kinds = new Map(reading.kinds.map((kind) => [groupResource(kind), kind]));
  }

  result(): RelatedOutcome {
    const outcomes = [...this.#outcomes.values()].map((outcome) => ({
      ...outcome,
      lists: [],
      absent: [],
      failures: [],
    }));
    const warnings = [...this.#refused].map(([kind, { failure, names }]) => ({
      message: `related ${kind} could not be read (${names.join(", ")}): ${failure.message}`,
      ...(isFailure(failure, "cluster-forbidden") && { refusedKind: kind }),
    }));
    return { outcomes, warnings };
  }

  /** A custom kind's definition is called `<plural>.<group>`; built-in and aggregated kinds have none. */
  async readDefinitions(): Promise<void> {
    const custom = this.#reading.needs.storedKinds.filter(mayBeCustom);
    for (const kind of custom) await this.#read(DEFINITIONS, groupResource(kind));
  }

  /** Until nothing new is wanted: what was read may refer on. */
  async readReferences(): Promise<void> {
    for (;;) {
      const next = this.#reading.needs
        .unmet()
        .filter(
          ({ namespace, name, groupResource: kind }) =>
            namespace === "" && !this.#asked.has(`${kind}/${name}`),
        );
      if (next.length === 0) return;
      for (const { groupResource: kind, name } of next) await this.#read(kind, name);
    }
  }

  async #read(kindName: string, name: string): Promise<void> {
    const kind = this.#kinds.get(kindName);
    this.#asked.add(`${kindName}/${name}`);
    if (kind === undefined || this.#reading.needs.holds(kindName, "", name)) return;
    await this.#tolerating(kindName, name, async () => {
      const bytes = await this.#reading.cluster.get(
        { resource: kind, namespace: "", name },
        this.#reading.signal,
      );
      this.#outcomeOf(kind).gets += 1;
      if (bytes !== undefined) await this.#store(kind, bytes);
    });
  }

  /** Cluster-wide rights that stored service accounts hold: found only by looking through all bindings. */
  async readBindings(): Promise<void> {
    const kind = this.#kinds.get(BINDINGS);
    const { cluster, signal } = this.#reading;
    if (kind === undefined) return;
    await this.#tolerating(BINDINGS, "all", async () => {
      this.#outcomeOf(kind).gets += 1;
      await drainList(cluster, { resource: kind, signal }, async (batch) => {
        for (const bytes of batch) if (this.#bindsStored(bytes)) await this.#store(kind, bytes);
      });
    });
  }

  #bindsStored(bytes: Uint8Array): boolean {
    const subjects = valueAt(parseExactBytes(bytes), "subjects");
    return isExactList(subjects) && subjects.some((subject) => this.#isStored(subject));
  }

  #isStored(subject: ExactJson): boolean {
    const name = valueAt(subject, "name");
    const namespace = valueAt(subject, "namespace");
    if (typeof name !== "string") return false;
    if (valueAt(subject, "kind") === "Group")
      return this.#reading.namespaces.has(accountGroupNamespace(name));
    if (valueAt(subject, "kind") !== "ServiceAccount" || typeof namespace !== "string") return false;
    return this.#reading.needs.holds("serviceaccounts", namespace, name);
  }

  async #store(kind: ApiResource, bytes: Uint8Array): Promise<void> {
    const header = readItemHeader(bytes);
    if (this.#reading.needs.holds(groupResource(kind), "", header.name)) return;
    await this.#reading.sink.store(kind, header, bytes);
    this.#outcomeOf(kind).count += 1;
  }

  #outcomeOf(kind: ApiResource): { count: number; gets: number } {
    const key = groupResource(kind);
    const outcome = this.#outcomes.get(key) ?? { kind, count: 0, gets: 0 };
    this.#outcomes.set(key, outcome);
    return outcome;
  }

  async #tolerating(kind: string, name: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!isFailure(error) || error.reply === undefined || error.reply.status === 401) throw error;
      const refused = this.#refused.get(kind) ?? { failure: error, names: [] };
      refused.names.push(name);
      this.#refused.set(kind, refused);
    }
  }
}

/** Groups without a dot are built in. Of those with one, asking for a definition that is not there costs one 404. */
function mayBeCustom(kind: ItemKind): boolean {
  return kind.group.includes(".") && !BUILT_IN_GROUPS.has(kind.group);
}

const BUILT_IN_GROUPS: ReadonlySet<string> = new Set([
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

const ACCOUNT_GROUP = "system:serviceaccounts:";

/** `system:serviceaccounts:shop` → `shop`; no namespace is called "". */
function accountGroupNamespace(group: string): string {
  return group.startsWith(ACCOUNT_GROUP) ? group.slice(ACCOUNT_GROUP.length) : "";
}
