import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { openIndex } from "#core/format/archive-index.ts";
import { readItems } from "#core/format/archive-reader.ts";
import type { IndexEntry } from "#core/format/index-entry.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import {
  archiveSource,
  type BuiltArchive,
  build,
  collect,
  configMaps,
  deployments,
  flipped,
  indexSource,
  makeItem,
  never,
  readAll,
} from "./archive-in-memory.ts";

const options = { readHeader: readItemHeader, signal: never };

async function entriesOf({ archive, index }: BuiltArchive): Promise<IndexEntry[]> {
  const opened = await openIndex(indexSource(index), { archiveBytes: archive.length, signal: never });
  const found: IndexEntry[] = [];
  for (const kind of opened.kinds)
    found.push(...(await collect(opened.entries(kind, { signal: never }))).flat());
  return found;
}

describe("a damaged archive", () => {
  let built: BuiltArchive;
  let intact: Map<string, Uint8Array | string>;

  beforeAll(async () => {
    const items = Array.from({ length: 12 }, (_, at) =>
      makeItem(at % 2 ? configMaps : deployments, "a", `i${at}`),
    );
    built = await build(items);
    intact = await readAll(built.archive, built.index);
  });

  /** How many items were told to be damaged; the others must be as they were. */
  function damageIn(read: ReadonlyMap<string, Uint8Array | string>): number {
    const sound = [...read].filter(([, bytes]) => typeof bytes !== "string");
    for (const [title, bytes] of sound) expect(bytes).toEqual(intact.get(title));
    expect(read.size).toBe(intact.size);
    return read.size - sound.length;
  }

  test("gives the same bytes or tells, never others, whichever bit is flipped", async () => {
    const seen = new Set<number>();
    const property = fc.asyncProperty(fc.nat(built.archive.length - 1), fc.nat(7), async (at, bit) => {
      seen.add(damageIn(await readAll(flipped(built.archive, at, 1 << bit), built.index)));
    });
    await fc.assert(property, { numRuns: 200 });
    // Harmless, or one of the two members: never both.
    expect(seen).toEqual(new Set([0, 6]));
  }, 60_000);

  test("tells what is missing wherever it was cut", async () => {
    const entries = await entriesOf(built);
    const end = Math.max(...entries.map(({ member }) => member[0] + member[1]));
    const property = fc.asyncProperty(fc.nat(end - 1), async (length) => {
      const read = await collect(
        readItems(archiveSource(built.archive.subarray(0, length)), entries, options),
      );
      expect(read.some((result) => result.damage !== undefined)).toBe(true);
      expect(read).toHaveLength(entries.length);
    });
    await fc.assert(property, { numRuns: 50 });
  }, 60_000);
});

describe("an index that lies", () => {
  let built: BuiltArchive;
  let entry: IndexEntry;

  beforeAll(async () => {
    built = await build([makeItem(configMaps, "a", "one"), makeItem(configMaps, "a", "two")]);
    const [first] = await entriesOf(built);
    if (first === undefined) throw new Error("nothing was built");
    entry = first;
  });

  test.each<[string, Partial<IndexEntry>]>([
    ["name", { name: "two" }],
    ["namespace", { namespace: "b" }],
    ["uid", { uid: "other" }],
    ["kind", { kind: "Secret" }],
    ["group", { group: "apps" }],
  ])("about an item's %s does not get its bytes used", async (_, lie) => {
    const [result] = await collect(readItems(archiveSource(built.archive), [{ ...entry, ...lie }], options));
    expect(result?.damage).toBe("its bytes are another object's");
  });

  test("about the place does not get other bytes used", async () => {
    const { offset, sizeBytes } = entry;
    const lies: [place: object, damage: RegExp][] = [
      [{ offset: offset + 1 }, /sha256 differs/],
      [{ sizeBytes: sizeBytes - 1 }, /sha256 differs/],
      [{ sizeBytes: 10_000_000 }, /outside of the archive/],
    ];
    for (const [place, damage] of lies) {
      const [result] = await collect(
        readItems(archiveSource(built.archive), [{ ...entry, ...place }], options),
      );
      expect(result?.damage).toMatch(damage);
    }
  });
});

describe("what is fetched", () => {
  let built: BuiltArchive;
  let entries: IndexEntry[];

  beforeAll(async () => {
    const noise = Array.from({ length: 6_000 }, (_, at) => Math.sin(at).toString(36)).join("");
    // Each a member of its own, since two do not fit into one.
    built = await build(
      Array.from({ length: 6 }, (_, at) => makeItem(configMaps, "a", `i${at}`, `${noise}${at}`.repeat(10))),
    );
    entries = await entriesOf(built);
  });

  test("is one range for neighbours, and one each where much lies between", async () => {
    const near = archiveSource(built.archive);
    await collect(readItems(near, entries, options));
    expect(near.reads).toHaveLength(1);
    const far = archiveSource(built.archive);
    const ends = [entries[0], entries[5]].filter((entry) => entry !== undefined);
    await collect(readItems(far, ends, { ...options, maxGapBytes: 10 }));
    expect(far.reads).toEqual(ends.map((entry) => entry.member));
  });

  test("is in the archive's order, whatever the order asked for", async () => {
    const read = await collect(readItems(archiveSource(built.archive), entries.toReversed(), options));
    const offsets = read.map((result) => result.entry.member[0]);
    expect(offsets).toEqual(offsets.toSorted((left, right) => left - right));
    expect(read.every((result) => result.damage === undefined)).toBe(true);
  });

  test("ends with the store's own failure when the store fails", async () => {
    const broken = {
      sizeBytes: built.archive.length,
      // biome-ignore lint/correctness/useYield: it fails before the first chunk
      async *read(): AsyncGenerator<Uint8Array> {
        throw new Error("connection lost");
      },
    };
    await expect(collect(readItems(broken, entries, options))).rejects.toThrow("connection lost");
  });

  test("stops when the reader stops, though more has been fetched already", async () => {
    const stop = new AbortController();
    const source = archiveSource(built.archive);
    const reading = readItems(source, entries, { ...options, signal: stop.signal });
    expect((await reading.next()).value).toMatchObject({ entry: { name: "i0" } });
    expect(source.reads).toHaveLength(1);
    stop.abort(new Error("enough"));
    await expect(collect(reading)).rejects.toThrow("enough");
  });
});
