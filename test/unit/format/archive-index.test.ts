import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type ArchiveIndex, openIndex } from "#core/format/archive-index.ts";
import { encodeFooter } from "#core/format/archive-index-footer.ts";
import { compressMember } from "#core/format/gzip-member.ts";
import type { IndexEntry } from "#core/format/index-entry.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import {
  type BuiltArchive,
  build,
  clusterRoles,
  collect,
  configMaps,
  deployments,
  flipped,
  indexSource,
  makeItem,
  never,
} from "./archive-in-memory.ts";

async function open(index: Uint8Array, archiveBytes: number): Promise<ArchiveIndex> {
  return await openIndex(indexSource(index), { archiveBytes, signal: never });
}

async function allEntries(index: Uint8Array, archiveBytes: number): Promise<IndexEntry[]> {
  const opened = await open(index, archiveBytes);
  const found: IndexEntry[] = [];
  for (const kind of opened.kinds)
    found.push(...(await collect(opened.entries(kind, { signal: never }))).flat());
  return found;
}

describe("a large index", () => {
  let built: BuiltArchive;

  beforeAll(async () => {
    const items = Array.from({ length: 9_000 }, (_, at) =>
      makeItem(configMaps, `ns-${at % 7}`, `item-${at}`),
    );
    built = await build([
      makeItem(deployments, "ns-1", "web"),
      ...items,
      makeItem(clusterRoles, "", "admin"),
    ]);
  });

  const namesIn = async (opened: ArchiveIndex, kind: ItemKind, namespace: string) =>
    (await collect(opened.entries(kind, { namespace, signal: never }))).flat().map(({ name }) => name);

  test("gives a small namespace of a kind for two requests", async () => {
    const source = indexSource(built.index);
    const opened = await openIndex(source, { archiveBytes: built.archive.length, signal: never });
    expect(await namesIn(opened, deployments, "ns-1")).toEqual(["web"]);
    expect(source.reads).toHaveLength(2);
  });

  test("gives nothing of a namespace or a kind that it lacks, without a request", async () => {
    const source = indexSource(built.index);
    const opened = await openIndex(source, { archiveBytes: built.archive.length, signal: never });
    expect(await namesIn(opened, configMaps, "other")).toEqual([]);
    expect(await namesIn(opened, { ...configMaps, resource: "pods" }, "ns-1")).toEqual([]);
    expect(source.reads).toHaveLength(1);
  });

  test("yields a kind's items in order, and those of one namespace alone", async () => {
    const opened = await open(built.index, built.archive.length);
    const all = (await collect(opened.entries(configMaps, { signal: never }))).flat();
    const keys = all.map(({ namespace, name }) => `${namespace}/${name}`);
    expect(keys).toHaveLength(9_000);
    expect(keys).toEqual(keys.toSorted());
    const some = (await collect(opened.entries(configMaps, { namespace: "ns-4", signal: never }))).flat();
    expect(some).toEqual(all.filter((entry) => entry.namespace === "ns-4"));
    expect(await collect(opened.entries(configMaps, { namespace: "constructor", signal: never }))).toEqual(
      [],
    );
  });

  test("reads the member that small kinds share once", async () => {
    const source = indexSource(built.index);
    const opened = await openIndex(source, { archiveBytes: built.archive.length, signal: never });
    for (const kind of opened.kinds) await collect(opened.entries(kind, { signal: never }));
    expect(source.reads).toHaveLength(1 + Math.ceil(9_002 / 1_024));
  });
});

describe("a damaged index", () => {
  let built: BuiltArchive;
  let intact: IndexEntry[];

  beforeAll(async () => {
    const items = Array.from({ length: 30 }, (_, at) =>
      makeItem(at % 2 ? configMaps : deployments, "a", `i${at}`),
    );
    built = await build(items);
    intact = await allEntries(built.index, built.archive.length);
  });

  async function outcome(index: Uint8Array): Promise<"same" | "told"> {
    try {
      expect(await allEntries(index, built.archive.length)).toEqual(intact);
      return "same";
    } catch (error) {
      if (!isFailure(error, "backup-damaged")) throw error;
      return "told";
    }
  }

  test("is told, or still gives the same entries, whichever bit is flipped", async () => {
    const outcomes = { same: 0, told: 0 };
    const property = fc.asyncProperty(fc.nat(built.index.length - 1), fc.nat(7), async (at, bit) => {
      outcomes[await outcome(flipped(built.index, at, 1 << bit))] += 1;
    });
    await fc.assert(property, { numRuns: 250 });
    expect(outcomes.told).toBeGreaterThan(outcomes.same);
  }, 60_000);

  test("is told wherever the file was cut", async () => {
    const property = fc.asyncProperty(fc.nat(built.index.length - 1), async (length) => {
      expect(await outcome(built.index.subarray(0, length))).toBe("told");
    });
    await fc.assert(property, { numRuns: 100 });
  }, 60_000);

  test("is told where an entry points behind the archive's end", async () => {
    await expect(allEntries(built.index, built.archive.length - 2000)).rejects.toMatchObject({
      code: "backup-damaged",
    });
  });
});

describe("an index that contradicts itself", () => {
  const kind = { ...configMaps, count: 2, namespaces: { a: 2 } };
  const line = {
    ...configMaps,
    namespace: "a",
    name: "one",
    uid: "u",
    resourceVersion: "1",
    labels: {},
    ownerUids: [],
    terminating: false,
    range: [512, 10],
    sha256: "0".repeat(64),
    member: [0, 100],
  };
  const lines = [line, { ...line, name: "two" }];

  interface Forgery {
    readonly lines?: readonly unknown[];
    readonly first?: object;
    readonly table?: object;
    /** Lines that the table says the member has. */
    readonly claimed?: number;
    readonly beforeFooter?: string;
  }

  async function forgeIndex(parts: Forgery): Promise<Buffer> {
    const given = parts.lines ?? lines;
    const packed = await compressMember(Buffer.from(given.map((one) => `${JSON.stringify(one)}\n`).join("")));
    const first = { kind: 0, namespace: "a", name: "one", ...parts.first };
    const table = {
      format: "kubectl-backup-index",
      version: 1,
      kinds: [kind],
      members: [{ offset: 0, length: packed.length, lines: parts.claimed ?? given.length, first }],
      ...parts.table,
    };
    const packedTable = await compressMember(Buffer.from(JSON.stringify(table)));
    const footer = encodeFooter({ offset: packed.length, length: packedTable.length });
    return Buffer.concat([packed, packedTable, Buffer.from(parts.beforeFooter ?? ""), footer]);
  }

  async function forge(parts: Forgery): Promise<IndexEntry[]> {
    return await allEntries(await forgeIndex(parts), 1000);
  }

  test("is told where one namespace alone is read and has more lines than counted", async () => {
    const kinds = [{ ...kind, namespaces: { a: 1, b: 1 } }];
    const index = await open(await forgeIndex({ table: { kinds } }), 1000);
    const reading = collect(index.entries(configMaps, { namespace: "a", signal: never }));
    await expect(reading).rejects.toMatchObject({ code: "backup-damaged" });
  });

  test("is told where a member holds what belongs behind the beginning of the next", async () => {
    const named = (...names: string[]) =>
      compressMember(Buffer.from(names.map((name) => `${JSON.stringify({ ...line, name })}\n`).join("")));
    const packed = [await named("one", "zwei"), await named("two")] as const;
    const table = {
      ...{ format: "kubectl-backup-index", version: 1 },
      kinds: [{ ...kind, count: 3, namespaces: { a: 3 } }],
      members: [
        { offset: 0, length: packed[0].length, lines: 2, first: { kind: 0, namespace: "a", name: "one" } },
        {
          ...{ offset: packed[0].length, length: packed[1].length, lines: 1 },
          first: { kind: 0, namespace: "a", name: "two" },
        },
      ],
    };
    const packedTable = await compressMember(Buffer.from(JSON.stringify(table)));
    const offset = packed[0].length + packed[1].length;
    const footer = encodeFooter({ offset, length: packedTable.length });
    const reading = allEntries(Buffer.concat([...packed, packedTable, footer]), 1000);
    await expect(reading).rejects.toMatchObject({ code: "backup-damaged" });
  });

  test("is read where it does not", async () => {
    expect((await forge({})).map((entry) => entry.name)).toEqual(["one", "two"]);
  });

  const none = { ...deployments, count: 0, namespaces: {} };

  test.each<[string, Forgery]>([
    ["an item twice", { lines: [line, line] }],
    [
      "lines out of order",
      {
        lines: [
          { ...line, name: "zwei" },
          { ...line, name: "two" },
        ],
        first: { name: "zwei" },
      },
    ],
    ["another first key than the table's", { first: { name: "nine" } }],
    ["more lines than counted", { lines: [...lines, { ...line, name: "z" }] }],
    ["a line of another version than its kind", { lines: [line, { ...line, name: "two", version: "v2" }] }],
    ["a line of a kind that the table lacks", { lines: [line, { ...line, name: "two", resource: "pods" }] }],
    ["a member outside of the archive", { lines: [line, { ...line, name: "two", member: [950, 100] }] }],
    ["an empty member", { lines: [line, { ...line, name: "two", member: [0, 0] }] }],
    ["a negative offset", { lines: [line, { ...line, name: "two", range: [-1, 10] }] }],
    ["half an offset", { lines: [line, { ...line, name: "two", range: [0.5, 10] }] }],
    ["a digest that is none", { lines: [line, { ...line, name: "two", sha256: "00" }] }],
    ["labels that are numbers", { lines: [line, { ...line, name: "two", labels: { a: 1 } }] }],
    ["a name that is none", { lines: [line, { ...line, name: 2 }] }],
    ["a flag that is none", { lines: [line, { ...line, name: "two", terminating: 1 }] }],
    ["owners that are none", { lines: [line, { ...line, name: "two", ownerUids: [1] }] }],
    ["a line that is a list", { lines: [line, []] }],
    ["counts that do not add up", { table: { kinds: [{ ...kind, namespaces: { a: 1 } }] } }],
    ["a count in the wrong namespace", { table: { kinds: [{ ...kind, namespaces: { a: 2, b: -0.5 } }] } }],
    [
      "a kind twice",
      {
        table: {
          kinds: [
            { ...kind, count: 1, namespaces: { a: 1 } },
            { ...kind, count: 1, namespaces: { a: 1 } },
          ],
        },
      },
    ],
    [
      "fewer of a kind in the table than in the lines",
      {
        table: {
          kinds: [
            { ...kind, count: 1, namespaces: { a: 1 } },
            { ...deployments, count: 1, namespaces: { a: 1 } },
          ],
        },
      },
    ],
    [
      "a line that the table does not count",
      { lines: [...lines, { ...line, ...deployments }], claimed: 2, table: { kinds: [kind, none] } },
    ],
    ["kinds out of order", { first: { kind: 1 }, table: { kinds: [none, kind] } }],
    ["something behind the table", { beforeFooter: "x" }],
    ["no members", { table: { members: [] } }],
    ["another format", { table: { version: 2 } }],
  ])("is told where it has %s", async (_, parts) => {
    await expect(forge(parts)).rejects.toMatchObject({ code: "backup-damaged" });
  });
});
