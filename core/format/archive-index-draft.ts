import { type ItemKind, kindOf } from "#core/model/item.ts";
import { compareKeys, compareTexts } from "./archive-index-order.ts";
import {
  type DraftRecord,
  mostRecordBytes,
  readKey,
  readRecord,
  recordBytes,
  writeRecord,
} from "./archive-index-record.ts";
import type { ItemKey, KindCount } from "./index-entry.ts";
import type { Extent, TemporaryFile } from "./temporary-file.ts";

const CHUNK_BYTES = 32 * 1024;

/** Neighbouring records are read back together up to here. */
const READ_BYTES = 64 * 1024;

/** Items of one namespace that came one after the other in the index's order; extents hold whole records. */
interface Run {
  readonly namespace: string;
  readonly extents: Extent[];
  count: number;
  lastName: string;
}

/**
 * The index of one kind while it is collected; the records lie in the spill in order of arrival. A list comes sorted by
 * the server, namespace by namespace, so the order of the runs is the order of the index and nothing need be kept of
 * single items. Where it does not (a list begun again, a kind read in parts), the keys are read back and sorted.
 */
export class IndexDraft {
  readonly kind: ItemKind;
  readonly #spill: TemporaryFile;
  readonly #chunks: Extent[] = [];
  readonly #runs = new Map<string, Run>();
  #run: Run | undefined;
  /** Where the run's first record of this chunk begins. */
  #runStart = 0;
  /** Extents of this chunk whose place in the spill is not known yet. */
  #waiting: { readonly run: Run; readonly start: number; readonly end: number }[] = [];
  #isSorted = true;
  #chunk = Buffer.alloc(0);
  #used = 0;

  constructor(kind: ItemKind, spill: TemporaryFile) {
    this.kind = kind;
    this.#spill = spill;
  }

  add(key: ItemKey, member: number, line: string): void {
    this.#makeRoom(mostRecordBytes(key, line));
    if (this.#isSorted) this.#noteOrder(key);
    this.#used = writeRecord(this.#chunk, this.#used, {
      namespace: key.namespace,
      name: key.name,
      member,
      line,
    });
  }

  /** Ends the collecting: order, last given of each key, counts. */
  sort(): SortedDraft {
    this.#flush();
    const sorted = this.#isSorted ? inRuns(this.#runs.values()) : inSortedKeys(this.#readKeys());
    return new SortedDraft({ ...kindOf(this.kind), ...sorted.counts }, this.#spill, sorted.extents);
  }

  #noteOrder({ namespace, name }: ItemKey): void {
    const run = this.#run;
    if (run?.namespace === namespace && run.lastName < name) {
      run.count += 1;
      run.lastName = name;
    } else if (this.#runs.has(namespace)) this.#isSorted = false;
    else this.#beginRun({ namespace, extents: [], count: 1, lastName: name });
  }

  #beginRun(run: Run): void {
    this.#endExtent();
    this.#runs.set(run.namespace, run);
    this.#run = run;
  }

  #endExtent(): void {
    if (this.#run !== undefined && this.#used > this.#runStart) {
      this.#waiting.push({ run: this.#run, start: this.#runStart, end: this.#used });
    }
    this.#runStart = this.#used;
  }

  #makeRoom(bytes: number): void {
    if (this.#used + bytes <= this.#chunk.length) return;
    this.#flush();
    if (bytes > this.#chunk.length) this.#chunk = Buffer.allocUnsafeSlow(Math.max(bytes, CHUNK_BYTES));
  }

  #flush(): void {
    this.#endExtent();
    if (this.#used > 0) {
      const [offset, length] = this.#spill.append(this.#chunk.subarray(0, this.#used));
      this.#chunks.push([offset, length]);
      for (const { run, start, end } of this.#waiting) run.extents.push([offset + start, end - start]);
    }
    this.#waiting = [];
    this.#used = 0;
    this.#runStart = 0;
  }

  #readKeys(): PlacedKey[] {
    const keys: PlacedKey[] = [];
    for (const [offset, chunkBytes] of this.#chunks) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      this.#spill.read(chunk, offset);
      for (let at = 0; at < chunkBytes; ) {
        const length = recordBytes(chunk, at);
        keys.push({ ...readKey(chunk, at), offset: offset + at, length });
        at += length;
      }
    }
    return keys;
  }
}

interface PlacedKey extends ItemKey {
  readonly offset: number;
  readonly length: number;
}

interface Sorted {
  readonly extents: readonly Extent[];
  readonly counts: Pick<KindCount, "count" | "namespaces">;
}

function inRuns(found: Iterable<Run>): Sorted {
  const runs = [...found].sort((left, right) => compareTexts(left.namespace, right.namespace));
  const namespaces = Object.fromEntries(runs.map(({ namespace, count }) => [namespace, count]));
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  return { extents: runs.flatMap(({ extents }) => extents), counts: { count, namespaces } };
}

function inSortedKeys(keys: PlacedKey[]): Sorted {
  const kept = lastOfEach(keys.sort(compareKeys));
  return {
    extents: joined(kept),
    counts: { count: kept.length, namespaces: countNamespaces(kept) },
  };
}

/** Sorting keeps the order of arrival among equals. */
function lastOfEach(keys: readonly PlacedKey[]): readonly PlacedKey[] {
  return keys.filter((key, at) => {
    const next = keys[at + 1];
    return next === undefined || compareKeys(key, next) !== 0;
  });
}

/** Records that lie behind each other are read together. */
function joined(keys: readonly PlacedKey[]): readonly Extent[] {
  const extents: Extent[] = [];
  let [start, end] = [0, 0];
  for (const { offset, length } of keys) {
    if (offset === end && end + length - start <= READ_BYTES) {
      end += length;
      continue;
    }
    if (end > start) extents.push([start, end - start]);
    [start, end] = [offset, offset + length];
  }
  if (end > start) extents.push([start, end - start]);
  return extents;
}

function countNamespaces(keys: readonly ItemKey[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { namespace } of keys) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** The index of one kind, complete and in order; read back from the spill, extent by extent. */
export class SortedDraft {
  readonly count: KindCount;
  readonly #spill: TemporaryFile;
  readonly #extents: readonly Extent[];

  constructor(count: KindCount, spill: TemporaryFile, extents: readonly Extent[]) {
    this.count = count;
    this.#spill = spill;
    this.#extents = extents;
  }

  /** A record's bytes are valid until the next one is asked for. */
  *records(): Generator<DraftRecord> {
    for (const [offset, length] of this.#extents) {
      const bytes = Buffer.allocUnsafe(length);
      this.#spill.read(bytes, offset);
      for (let at = 0; at < length; at += recordBytes(bytes, at)) yield readRecord(bytes, at);
    }
  }
}
