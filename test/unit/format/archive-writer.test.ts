import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ArchiveWriter, type ByteSink, openArchiveWriter } from "#core/format/archive-writer.ts";
import {
  anyItems,
  build,
  clusterRoles,
  configMaps,
  deployments,
  MemorySink,
  makeItem,
  never,
  readAll,
  titleOf,
  unzipped,
} from "./archive-in-memory.ts";

const MIB = 1024 * 1024;

describe("what is written comes back", () => {
  test("every item byte for byte through archive and index, whatever its name and content", async () => {
    const property = fc.asyncProperty(anyItems, async (items) => {
      const { archive, index } = await build(items);
      const read = await readAll(archive, index);
      expect(read.size).toBe(items.length);
      for (const item of items) {
        expect(Buffer.from(item.bytes).equals(Buffer.from(read.get(titleOf(item)) ?? "absent"))).toBe(true);
      }
    });
    await fc.assert(property, { numRuns: 30 });
  }, 60_000);

  test("an item given twice is stored as it was given last, and counted once", async () => {
    const { archive, index, finished } = await build([
      makeItem(configMaps, "a", "one", "old"),
      makeItem(configMaps, "a", "two"),
      makeItem(configMaps, "a", "one", "new"),
    ]);
    expect(finished.itemCount).toBe(2);
    const read = await readAll(archive, index);
    expect(Buffer.from(read.get("configmaps a/one") ?? "").toString()).toContain('"payload":"new"');
  });

  test("counts and keys are in the index's order, whatever the order of arrival", async () => {
    const { finished, keys } = await build([
      makeItem(deployments, "b", "z"),
      makeItem(configMaps, "b", "x"),
      makeItem(clusterRoles, "", "system:node"),
      makeItem(configMaps, "a-b", "x"),
      makeItem(configMaps, "a", "y"),
      makeItem(configMaps, "a", "x"),
    ]);
    expect(finished.kinds.map(({ resource, count, namespaces }) => [resource, count, namespaces])).toEqual([
      ["configmaps", 4, { a: 2, "a-b": 1, b: 1 }],
      ["deployments", 1, { b: 1 }],
      ["clusterroles", 1, { "": 1 }],
    ]);
    expect(keys).toEqual([
      "configmaps a/x",
      "configmaps a/y",
      "configmaps a-b/x",
      "configmaps b/x",
      "deployments b/z",
      "clusterroles /system:node",
    ]);
  });

  test("a list in the server's own order, of several chunks and with other kinds between, has the index's order", async () => {
    const names = ["a-b", "a", "b"].flatMap((namespace) =>
      Array.from({ length: 300 }, (_, at) => [namespace, `item-${1000 + at}`] as const),
    );
    const items = names.flatMap(([namespace, name]) => [
      makeItem(configMaps, namespace, name),
      ...(name.endsWith("7") ? [makeItem(deployments, namespace, name)] : []),
    ]);
    const { finished, keys } = await build(items);
    const wanted = (resource: string, end: string) =>
      ["a", "a-b", "b"].flatMap((namespace) =>
        names
          .filter(([from, name]) => from === namespace && name.endsWith(end))
          .map(([, name]) => `${resource} ${namespace}/${name}`),
      );
    expect(keys).toEqual([...wanted("configmaps", ""), ...wanted("deployments", "7")]);
    expect(finished.kinds[0]).toMatchObject({ count: 900, namespaces: { a: 300, "a-b": 300, b: 300 } });
  });

  test("the same items make the same file", async () => {
    const items = [makeItem(configMaps, "a", "one"), makeItem(deployments, "a", "two")];
    expect((await build(items)).archive.equals((await build(items)).archive)).toBe(true);
  });
});

describe("what the caller is told", () => {
  let folder: string;
  let writer: ArchiveWriter | undefined;

  function open(sink: ByteSink, signal = never): ArchiveWriter {
    writer = openArchiveWriter({ sink, spillFolder: folder, startedAt: new Date(), signal });
    return writer;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "archive-"));
  });

  afterEach(async () => {
    await writer?.discard();
    rmSync(folder, { recursive: true });
  });

  test("to wait, when the sink is slow, before 12 MiB are held", async () => {
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const archive = open({ write: () => gate });
    const item = makeItem(configMaps, "a", "big", "x".repeat(1.2 * MIB));
    let waiting: Promise<void> | undefined;
    while (waiting === undefined && archive.itemBytes < 40 * MIB) {
      waiting = archive.add(item.kind, item.header, item.bytes);
    }
    expect(archive.itemBytes).toBeGreaterThan(4 * MIB);
    expect(archive.itemBytes).toBeLessThan(12 * MIB);
    release();
    await waiting;
    await archive.finish();
  });

  test("that ten kinds arriving in turns need no waiting for each other", async () => {
    const archive = open(new MemorySink());
    for (let turn = 0; turn < 200; turn += 1) {
      const kind = { ...configMaps, resource: `kinds${turn % 10}` };
      const item = makeItem(kind, "a", `item-${turn}`, "x".repeat(10_000));
      await archive.add(kind, item.header, item.bytes);
    }
    expect((await archive.finish()).itemCount).toBe(200);
  });

  test("that the sink failed, on the next item and at the end", async () => {
    const archive = open({ write: async () => Promise.reject(new Error("disk full")) });
    const item = makeItem(configMaps, "a", "big", "x".repeat(2 * MIB));
    const fill = async (): Promise<void> => {
      for (let count = 0; count < 50; count += 1) await archive.add(item.kind, item.header, item.bytes);
    };
    await expect(fill()).rejects.toThrow("disk full");
    await expect(archive.finish()).rejects.toThrow("disk full");
  });

  test("that the run was stopped", async () => {
    const stop = new AbortController();
    const archive = open(new MemorySink(), stop.signal);
    stop.abort(new Error("stopped"));
    const item = makeItem(configMaps, "a", "one");
    await expect(archive.add(item.kind, item.header, item.bytes)).rejects.toThrow("stopped");
  });

  test("that a kind came in two versions, which no reader could tell apart", async () => {
    const archive = open(new MemorySink());
    const item = makeItem(configMaps, "a", "one");
    await archive.add(item.kind, item.header, item.bytes);
    await archive.add({ ...configMaps }, item.header, item.bytes);
    expect(() => archive.add({ ...configMaps, version: "v2" }, item.header, item.bytes)).toThrow(
      "two versions",
    );
  });

  test("nothing of a file that stays behind: none is seen even while it is used", async () => {
    const archive = open(new MemorySink());
    const item = makeItem(configMaps, "a", "one");
    await archive.add(item.kind, item.header, item.bytes);
    expect(readdirSync(folder)).toEqual([]);
    await archive.discard();
    await archive.discard();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("the bytes may be reused as soon as add has returned", async () => {
    const sink = new MemorySink();
    const archive = open(sink);
    const item = makeItem(configMaps, "a", "one", "precious");
    const bytes = Buffer.from(item.bytes);
    await archive.add(item.kind, item.header, bytes);
    bytes.fill(0);
    await archive.finish();
    expect(unzipped(sink.bytes).includes("precious")).toBe(true);
  });
});
