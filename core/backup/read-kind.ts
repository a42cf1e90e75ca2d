import type { ApiResource, Cluster, ListSummary } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import { type Failure, isFailure } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import type { ItemSink } from "./item-sink.ts";
import type { KindPlan } from "./plan.ts";

export interface KindReading {
  readonly cluster: Cluster;
  readonly sink: ItemSink;
  /** Selected namespaces that are to be asked. */
  readonly namespaces: readonly string[];
  readonly labelSelector: string | undefined;
  readonly pageSize: number | undefined;
  readonly signal: AbortSignal;
  readonly onStored: (count: number, bytes: number) => void;
  /** A list has been read; without namespace it covers all of them. */
  readonly onListed: (namespace: string | undefined, startedAt: string) => void;
  readonly onNote: (message: string) => void;
}

/** Everything about how a kind was read; the record is made of it when the last kind has been read. */
export interface KindOutcome {
  readonly kind: ApiResource;
  readonly lists: readonly ListSummary[];
  readonly count: number;
  readonly gets: number;
  /** Names that were asked for and are nowhere. */
  readonly absent: readonly string[];
  readonly failures: readonly KindFailure[];
}

export interface KindFailure {
  /** Absent: the kind as a whole. */
  readonly namespace: string | undefined;
  readonly failure: Failure;
}

/** Reads one kind as planned. Trouble with the kind is in the outcome; trouble with the connection is thrown. */
export async function readKind(plan: KindPlan, reading: KindReading): Promise<KindOutcome> {
  const reader = new KindReader(plan, reading);
  if (plan.reads === "objects") await reader.readObjects(plan.names ?? new Set());
  else if (plan.reads === "namespaces") await reader.readEachNamespace();
  else await reader.readEverywhere();
  return reader.outcome();
}

class KindReader {
  readonly #plan: KindPlan;
  readonly #reading: KindReading;
  readonly #lists: ListSummary[] = [];
  readonly #failures: KindFailure[] = [];
  /** Set only where a second version may bring the same objects again. */
  readonly #seen: Set<string> | undefined;
  #kind: ApiResource;
  #count = 0;
  #gets = 0;
  #found = 0;
  readonly #absent: string[] = [];

  constructor(plan: KindPlan, reading: KindReading) {
    this.#plan = plan;
    this.#reading = reading;
    this.#kind = plan.versions[0];
    this.#seen = plan.versions.length > 1 ? new Set() : undefined;
  }

  outcome(): KindOutcome {
    return {
      kind: this.#kind,
      lists: this.#lists,
      count: this.#count,
      gets: this.#gets,
      absent: this.#absent,
      failures: this.#failures,
    };
  }

  /** Rights in some namespaces only: the list of everything is refused, theirs are not. */
  async readEverywhere(): Promise<void> {
    try {
      await this.#listAnyVersion(undefined);
    } catch (error) {
      if (this.#plan.versions[0].namespaced && isFailure(error, "cluster-forbidden") && this.#count === 0) {
        await this.readEachNamespace();
      } else this.#noteFailure(undefined, error);
    }
  }

  async readEachNamespace(): Promise<void> {
    for (const namespace of this.#reading.namespaces) {
      await this.#listAnyVersion(namespace).catch((error: unknown) => this.#noteFailure(namespace, error));
    }
  }

  async readObjects(names: ReadonlySet<string>): Promise<void> {
    for (const name of names) {
      const before = this.#found + this.#failures.length;
      const places = this.#kind.namespaced ? this.#reading.namespaces : [""];
      for (const namespace of places) await this.#readObject(namespace, name);
      if (this.#found + this.#failures.length === before) this.#absent.push(name);
    }
  }

  async #readObject(namespace: string, name: string): Promise<void> {
    const { cluster, signal } = this.#reading;
    this.#gets += 1;
    try {
      const bytes = await cluster.get({ resource: this.#kind, namespace, name }, signal);
      if (bytes === undefined) return;
      this.#found += 1;
      await this.#take([bytes]);
    } catch (error) {
      this.#noteFailure(namespace === "" ? undefined : namespace, error);
    }
  }

  /** One dead conversion webhook fails a whole version, while the one in storage can still be listed. */
  async #listAnyVersion(namespace: string | undefined): Promise<void> {
    let first: unknown;
    for (const version of this.#versions()) {
      try {
        this.#kind = version;
        await this.#list(namespace);
        if (first !== undefined) this.#noteCured(version, first);
        return;
      } catch (error) {
        first ??= error;
        if (!mayWorkInAnotherVersion(error) || this.#count > 0) break;
      }
    }
    if (this.#count === 0) this.#kind = this.#plan.versions[0];
    throw first;
  }

  /** A backup holds a kind in one version: that of the first object stored. */
  #versions(): readonly ApiResource[] {
    return this.#count > 0 ? [this.#kind] : this.#plan.versions;
  }

  #noteCured(version: ApiResource, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#reading.onNote(
      `${groupResource(version)} was read as ${version.version}, since the first choice failed: ${why}`,
    );
  }

  async #list(namespace: string | undefined): Promise<void> {
    const { cluster, labelSelector, pageSize, signal } = this.#reading;
    const request = { resource: this.#kind, namespace, labelSelector, pageSize, keepWatching: true, signal };
    const summary = await drainList(cluster, request, (batch) => this.#take(batch));
    this.#lists.push(summary);
    this.#reading.onListed(namespace, summary.startedAt);
  }

  async #take(batch: readonly Uint8Array[]): Promise<void> {
    const { sink, onStored } = this.#reading;
    let stored = 0;
    let size = 0;
    for (const bytes of batch) {
      const taken = sink.accept(this.#kind, bytes, this.#seen);
      if (taken === undefined) continue;
      this.#count += 1;
      stored += 1;
      size += bytes.length;
      if (taken.room !== undefined) await taken.room;
    }
    onStored(stored, size);
  }

  #noteFailure(namespace: string | undefined, error: unknown): void {
    if (!isFailure(error) || !isAboutTheKind(error)) throw error;
    this.#failures.push({ namespace, failure: error });
  }
}

function mayWorkInAnotherVersion(error: unknown): boolean {
  return isFailure(error, "cluster-error") || isFailure(error, "kind-unknown");
}

const KIND_TROUBLE: ReadonlySet<string> = new Set(["cluster-forbidden", "cluster-error", "kind-unknown"]);

/** The server answered, so the connection stands: other kinds may do better. */
function isAboutTheKind(failure: Failure): boolean {
  const status = failure.reply?.status;
  return KIND_TROUBLE.has(failure.code) || (status !== undefined && status !== 401);
}
