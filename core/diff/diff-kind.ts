import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import type { ApiResource, Cluster, ItemBatch } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import type { ItemHeader } from "#core/model/item.ts";
import { comparableForm } from "#core/objects/comparable-form.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { fieldDifferences } from "#core/objects/field-differences.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { inNewerVersion } from "#core/objects/versions/older-versions.ts";
import type { DiffScope, ScopedKind } from "./diff-scope.ts";
import type { Findings, FoundObject } from "./findings.ts";

export interface KindComparison {
  readonly backup: OpenBackup;
  readonly cluster: Cluster;
  readonly scope: DiffScope;
  readonly findings: Findings;
  readonly signal: AbortSignal;
}

/** Live objects held at a time while their stored twins are fetched. */
const MOST_PENDING = 500;
const MOST_PENDING_BYTES = 4 << 20;
/** Up to so many namespaces, lists of their own bring less than one list of everything. */
const MOST_LISTS = 8;

/**
 * Compares one kind: the backup's index lines are held, the cluster's list streams past them, and bytes are fetched
 * only of objects that another write has touched since (another uid or resourceVersion).
 */
export async function diffKind(scoped: ScopedKind, comparison: KindComparison): Promise<void> {
  const differ = new KindDiffer(scoped, comparison);
  await differ.readStored();
  if (scoped.served !== undefined) await differ.compareLive(scoped.served);
  differ.noteMissing();
}

class KindDiffer {
  readonly #scoped: ScopedKind;
  readonly #comparison: KindComparison;
  readonly #stored = new Map<string, StoredItem>();
  #pending = new Map<StoredItem, Uint8Array>();
  #pendingBytes = 0;

  constructor(scoped: ScopedKind, comparison: KindComparison) {
    this.#scoped = scoped;
    this.#comparison = comparison;
  }

  async readStored(): Promise<void> {
    const { backup, scope } = this.#comparison;
    const { kind } = this.#scoped;
    for await (const items of backup.items(kind)) {
      for (const item of items) {
        const { namespace, name, labels } = item;
        const candidate = { namespace, name, labels, owned: item.ownerUids.length > 0 };
        if (!item.terminating && scope.includes(kind, candidate)) this.#stored.set(keyOf(item), item);
      }
    }
  }

  async compareLive(served: ApiResource): Promise<void> {
    const { cluster, signal } = this.#comparison;
    for (const namespace of this.#places()) {
      await drainList(cluster, { resource: served, namespace, signal }, (batch) => this.#take(batch));
    }
    await this.#comparePending();
  }

  noteMissing(): void {
    const { findings } = this.#comparison;
    for (const item of this.#stored.values()) findings.missing(this.#found(item));
  }

  #places(): readonly (string | undefined)[] {
    const { scope } = this.#comparison;
    const few = scope.namespaces.size <= MOST_LISTS && !scope.wholeCluster;
    return this.#scoped.kind.namespaced && few ? [...scope.namespaces] : [undefined];
  }

  async #take(batch: ItemBatch): Promise<void> {
    for (const bytes of batch) {
      const header = readItemHeader(bytes);
      const item = this.#stored.get(keyOf(header));
      if (item === undefined) this.#noteExtra(header);
      else this.#match(item, header, bytes);
    }
    if (this.#pending.size >= MOST_PENDING || this.#pendingBytes >= MOST_PENDING_BYTES)
      await this.#comparePending();
  }

  #match(item: StoredItem, header: ItemHeader, bytes: Uint8Array): void {
    this.#stored.delete(keyOf(item));
    if (header.uid === item.uid && header.resourceVersion === item.resourceVersion) {
      this.#comparison.findings.same();
      return;
    }
    this.#pending.set(item, bytes.slice());
    this.#pendingBytes += bytes.length;
  }

  #noteExtra(header: ItemHeader): void {
    const { scope, findings } = this.#comparison;
    const { kind, readWhole } = this.#scoped;
    const { namespace, name, labels } = header;
    const candidate = { namespace, name, labels, owned: header.owners.length > 0 };
    if (!readWhole || header.deletionTimestamp !== undefined) return;
    if (kind.namespaced && !scope.namespaces.has(header.namespace)) return;
    if (scope.includes(kind, candidate) && scope.wouldBeStored(kind, header))
      findings.extra(this.#found(header));
  }

  async #comparePending(): Promise<void> {
    const pending = this.#pending;
    this.#pending = new Map();
    this.#pendingBytes = 0;
    if (pending.size === 0) return;
    const { backup, findings, signal } = this.#comparison;
    for await (const read of backup.read([...pending.keys()], signal)) {
      const live = pending.get(read.item);
      if (!read.ok) findings.trouble(`${read.item.namespace}/${read.item.name}: ${read.message}`);
      else if (live !== undefined) this.#compare(read.item, read.bytes, live);
    }
  }

  #compare(item: StoredItem, stored: Uint8Array, live: Uint8Array): void {
    const { findings } = this.#comparison;
    const { kind, served } = this.#scoped;
    const asServed = inNewerVersion(exactObject(stored), kind, served?.version ?? kind.version);
    const paths = fieldDifferences(comparableForm(kind, asServed), comparableForm(kind, exactObject(live)));
    if (paths.length === 0) findings.same();
    else findings.different(this.#found(item), paths);
  }

  #found({ namespace, name }: Pick<ItemHeader, "namespace" | "name">): FoundObject {
    const { group, resource, kind } = this.#scoped.kind;
    return { group, resource, kind, namespace, name };
  }
}

function exactObject(bytes: Uint8Array): ExactObject {
  const object = parseExactBytes(bytes);
  return isExactObject(object) ? object : {};
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
