/**
 * format: the files of a backup as bytes. Its one rule: whoever reads gets the bytes that were written, or is told.
 * It knows neither cluster nor bucket: bytes go into sinks and come from ranges. README.md describes every byte.
 *
 * This file: from items to the archive (a tar stream in many gzip members) and its index.
 */
import { hash } from "node:crypto";
import { Failure } from "#core/model/errors.ts";
import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import { groupResource, itemTitle } from "#core/model/item.ts";
import { IndexDraft, type SortedDraft } from "./archive-index-draft.ts";
import { compareKinds, sameKind } from "./archive-index-order.ts";
import { writeIndex } from "./archive-index-writer.ts";
import { ArchiveMembers } from "./archive-members.ts";
import { ArchiveTar } from "./archive-tar.ts";
import type { IndexEntry, ItemKey, KindCount } from "./index-entry.ts";
import { fileStem, tarPath } from "./tar-writer.ts";
import { TemporaryFile } from "./temporary-file.ts";

/** Where bytes go, in order. The chunk is the caller's again once it resolves; an Upload is one. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}

export interface ArchiveWriterOptions {
  readonly sink: ByteSink;
  /** The index is collected in a 0600 file here until the archive is finished. */
  readonly spillFolder: string;
  /** Modification time of every tar entry. */
  readonly startedAt: Date;
  readonly signal: AbortSignal;
}

export interface ArchiveWriter {
  /**
   * Copies the bytes at once; the Promise, when there is one, resolves when there is room for more. An item given
   * twice (same kind, namespace and name) is stored as it was given last. Rejects once the sink has failed.
   */
  add(kind: ItemKind, header: ItemHeader, bytes: Uint8Array): Promise<void> | undefined;
  /** Writes what is left of the archive into the sink (which stays open: it is the caller's). */
  finish(): Promise<FinishedArchive>;
  /** Stops and removes the temporary file; safe at any time and more than once, also after `finish`. */
  discard(): Promise<void>;
  /** Of the items given so far. */
  readonly itemCount: number;
  readonly itemBytes: number;
}

export interface FinishedArchive {
  /** Each item once, also when it was given twice. */
  readonly itemCount: number;
  readonly archiveBytes: number;
  /** In the index's order. */
  readonly kinds: readonly KindCount[];
  /** Titles of items whose tar file name is not their name (tar-writer.ts says when); all readers still get them. */
  readonly renamed: readonly string[];
  /** Namespace and name of a kind's items in the index's order. */
  keys(kind: KindCount): Iterable<ItemKey>;
  writeIndex(sink: ByteSink): Promise<void>;
}

export function openArchiveWriter(options: ArchiveWriterOptions): ArchiveWriter {
  return new SpillingWriter(options);
}

interface KindState {
  readonly kind: ItemKind;
  readonly draft: IndexDraft;
  /** The part of an index line that is the same for all items of the kind. */
  readonly lineStart: string;
}

class SpillingWriter implements ArchiveWriter {
  itemCount = 0;
  itemBytes = 0;
  readonly #signal: AbortSignal;
  readonly #spill: TemporaryFile;
  readonly #members: ArchiveMembers;
  readonly #tar: ArchiveTar;
  readonly #kinds = new Map<string, KindState>();
  readonly #renamed: string[] = [];

  constructor(options: ArchiveWriterOptions) {
    this.#signal = options.signal;
    this.#spill = new TemporaryFile(options.spillFolder);
    this.#members = new ArchiveMembers(options.sink, options.signal);
    this.#tar = new ArchiveTar(this.#members, options.startedAt);
  }

  add(kind: ItemKind, header: ItemHeader, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason);
    const { draft, lineStart } = this.#state(kind);
    const { member, offset } = this.#tar.put(draft, tarPath(kind, header), bytes);
    draft.add(header, member, `${lineStart},${lineRest(header, bytes, offset)}`);
    this.itemCount += 1;
    this.itemBytes += bytes.length;
    if (fileStem(header.name) !== header.name) this.#renamed.push(itemTitle(kind, header));
    return this.#members.room();
  }

  async finish(): Promise<FinishedArchive> {
    await this.#tar.end();
    const drafts = [...this.#kinds.values()]
      .toSorted((left, right) => compareKinds(left.kind, right.kind))
      .map(({ draft }) => draft.sort());
    return new WrittenArchive(this.#members, { drafts, renamed: this.#renamed, signal: this.#signal });
  }

  async discard(): Promise<void> {
    this.#members.stop();
    this.#spill.close();
  }

  #state(kind: ItemKind): KindState {
    const key = groupResource(kind);
    const known = this.#kinds.get(key);
    if (known === undefined) return this.#begin(key, kind);
    if (known.kind === kind || sameKind(known.kind, kind)) return known;
    throw new Failure("internal", `${key} was given in two versions`);
  }

  #begin(key: string, kind: ItemKind): KindState {
    const { group, version, resource, namespaced } = kind;
    const shared = JSON.stringify({ group, version, resource, kind: kind.kind, namespaced });
    const state = { kind, draft: new IndexDraft(kind, this.#spill), lineStart: shared.slice(0, -1) };
    this.#kinds.set(key, state);
    return state;
  }
}

/** What differs between items of a kind, without either brace: the member's place follows when it is known. */
function lineRest(header: ItemHeader, bytes: Uint8Array, offset: number): string {
  const fields: Omit<IndexEntry, keyof ItemKind | "member" | "offset" | "sizeBytes"> & { range: object } = {
    namespace: header.namespace,
    name: header.name,
    uid: header.uid,
    resourceVersion: header.resourceVersion,
    generation: header.generation,
    labels: header.labels,
    ownerUids: header.owners.map((owner) => owner.uid),
    terminating: header.deletionTimestamp !== undefined,
    range: [offset, bytes.length],
    sha256: hash("sha256", bytes, "hex"),
  };
  return JSON.stringify(fields).slice(1, -1);
}

class WrittenArchive implements FinishedArchive {
  readonly itemCount: number;
  readonly archiveBytes: number;
  readonly kinds: readonly KindCount[];
  readonly renamed: readonly string[];
  readonly #members: ArchiveMembers;
  readonly #drafts: readonly SortedDraft[];
  readonly #signal: AbortSignal;

  constructor(
    members: ArchiveMembers,
    {
      drafts,
      renamed,
      signal,
    }: {
      readonly drafts: readonly SortedDraft[];
      readonly renamed: readonly string[];
      readonly signal: AbortSignal;
    },
  ) {
    this.kinds = drafts.map((draft) => draft.count);
    this.itemCount = this.kinds.reduce((sum, kind) => sum + kind.count, 0);
    this.archiveBytes = members.fileBytes;
    this.renamed = renamed;
    this.#members = members;
    this.#drafts = drafts;
    this.#signal = signal;
  }

  *keys(kind: KindCount): Generator<ItemKey> {
    const draft = this.#drafts.find((one) => one.count === kind);
    for (const { namespace, name } of draft?.records() ?? []) yield { namespace, name };
  }

  async writeIndex(sink: ByteSink): Promise<void> {
    const into = { sink, signal: this.#signal };
    await writeIndex(into, this.#drafts, (member) => this.#members.place(member));
  }
}
