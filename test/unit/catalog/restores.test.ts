import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Clock, systemClock } from "#core/catalog/clock.ts";
import { openCatalog } from "#core/catalog/open-catalog.ts";
import { restoreKey } from "#core/format/layout.ts";
import { partFile } from "#core/format/restore-files.ts";
import type { JournalEntry, JournalPart } from "#core/model/restore-journal.ts";
import { type RestoreRecord, restoreRecord } from "#core/model/restore-record.ts";
import { openUndo } from "#core/restore/undo/open-undo.ts";
import { createMemoryStore } from "#core/storage/memory.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "restores-"));
});
afterAll(() => rm(folder, { recursive: true }));

const signal = new AbortController().signal;
const context = { signal, now: () => new Date(), onProgress: () => undefined };

function recordOf(name: string): RestoreRecord {
  return restoreRecord.parse({
    schemaVersion: "1.0",
    id: crypto.randomUUID(),
    name,
    backup: "b",
    request: { name, backup: "b", selection: {} },
    target: { contextName: "c", clusterName: "c", server: "https://c", relation: "same" },
    plan: { total: 1, counts: { create: 1 } },
    createdAt: "2026-01-02T03:04:05.000Z",
    createdBy: {},
  });
}

function openLocation() {
  const store = createMemoryStore();
  let sleptMs = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => performance.now() + sleptMs,
    sleep: async (ms) => {
      sleptMs += ms;
    },
  };
  return { store, catalog: openCatalog(store, { cacheFolder: folder, tempFolder: folder, clock }) };
}

function line(name: string, digest?: string): string {
  const entry: JournalEntry = {
    type: "item",
    group: "",
    resource: "configmaps",
    kind: "ConfigMap",
    namespace: "app",
    name,
    outcome: {
      result: "created",
      uid: `uid-${name}`,
      ...(digest !== undefined && { made: { version: "v1", digest } }),
    },
  };
  return `${JSON.stringify(entry)}\n`;
}

async function partsOf(parts: AsyncIterable<JournalPart>) {
  return (await Array.fromAsync(parts)).map(({ number, entries, trouble }) =>
    trouble === undefined ? [number, entries.map((entry) => ("name" in entry ? entry.name : ""))] : [number],
  );
}

describe("a restore's record", () => {
  it("is Running while its writer is open, Unfinished when that is gone without a report, and Completed with one", async () => {
    const { catalog } = openLocation();
    const status = async () => (await catalog.findRestore("r", context)).status;
    const writer = await catalog.beginRestore(recordOf("r"), context);
    expect(await status()).toBe("Running");
    await writer.close();
    expect(await status()).toBe("Unfinished");
    const again = await catalog.resumeRestore("r", context);
    const report = { backup: "b", startedAt: "2026-01-02T03:04:05Z", finishedAt: "2026-01-02T03:04:09Z" };
    const closing = { ...report, complete: true, counts: { created: 1 } };
    await again.writeFile("kubectl-backup-report.json", Buffer.from(JSON.stringify(closing)), signal);
    await again.close();
    await expect(catalog.resumeRestore("r", context)).rejects.toMatchObject({ code: "name-taken" });
    expect(await catalog.restores(context)).toEqual([
      expect.objectContaining({ name: "r", status: "Completed", backup: "b" }),
    ]);
  });

  it("keeps its name to itself, whether it ended, broke off or is under way", async () => {
    const { catalog } = openLocation();
    const writer = await catalog.beginRestore(recordOf("r"), context);
    await expect(catalog.beginRestore(recordOf("r"), context)).rejects.toMatchObject({ code: "name-taken" });
    await expect(catalog.resumeRestore("r", context)).rejects.toMatchObject({ code: "name-taken" });
    await writer.close();
    await expect(catalog.beginRestore(recordOf("r"), context)).rejects.toMatchObject({ code: "name-taken" });
  });

  it("is gone with all that its run stored once it is withdrawn, and its name is free", async () => {
    const { store, catalog } = openLocation();
    const writer = await catalog.beginRestore(recordOf("r"), context);
    await writer.append(line("a"), signal);
    await writer.withdraw(signal);
    await writer.close();
    const keys = (await Array.fromAsync(store.list("", { signal }))).flatMap(({ objects }) => objects);
    expect(keys).toEqual([]);
    await (await catalog.beginRestore(recordOf("r"), context)).close();
  });

  it("lies beside Velero's restores, which list with how they ended", async () => {
    const { store, catalog } = openLocation();
    const put = (name: string, file: string, text: string) =>
      store.put(restoreKey(name, file), gzipSync(text), signal);
    await put("well", "restore-well-results.gz", '{"errors":{},"warnings":{"velero":["hm"]}}');
    await put("badly", "restore-badly-results.gz", '{"errors":{"velero":["no"]}}');
    await put("begun", "restore-begun-logs.gz", "");
    await put("odd", "restore-odd-results.gz", "[");
    await (await catalog.beginRestore(recordOf("ours"), context)).close();
    const found = (await catalog.restores(context)).map(({ name, origin, status }) => [name, origin, status]);
    expect(found.toSorted()).toEqual([
      ["badly", "velero", "PartiallyFailed"],
      ["begun", "velero", "Unfinished"],
      ["odd", "kubectl-backup", "damaged"],
      ["ours", "kubectl-backup", "Unfinished"],
      ["well", "velero", "Completed"],
    ]);
  });

  it("that cannot be read is listed as damaged and hides no other", async () => {
    const { store, catalog } = openLocation();
    await store.put(restoreKey("torn", "kubectl-backup-request.json"), Buffer.from('{"name":'), signal);
    await (await catalog.beginRestore(recordOf("whole"), context)).close();
    const found = (await catalog.restores(context)).map(({ name, status }) => [name, status]);
    expect(found.toSorted()).toEqual([
      ["torn", "damaged"],
      ["whole", "Unfinished"],
    ]);
  });
});

describe("what was there before a restore", () => {
  const kind = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
  const image = (value: string) => {
    const metadata = { namespace: "app", name: "one", uid: "u", resourceVersion: "1" };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { value } };
    return { kind, bytes: Buffer.from(JSON.stringify(object)), expected: `after ${value}` };
  };

  it("is what the first run saw, also where the second one's clock is behind", async () => {
    const { catalog } = openLocation();
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const first = await catalog.beginRestore(recordOf("r"), context);
      await first.keepBefore([image("old")], signal);
      await first.close();
      vi.setSystemTime(Date.now() - 3_600_000);
      const second = await catalog.resumeRestore("r", context);
      await second.keepBefore([image("half-way")], signal);
      await second.close();
    } finally {
      vi.useRealTimers();
    }
    const { backup } = await catalog.openBefore("r", context);
    const items = (await Array.fromAsync(backup.items(kind))).flat();
    const [read] = await Array.fromAsync(backup.read(items, signal));
    expect(read?.ok === true && JSON.parse(Buffer.from(read.bytes).toString()).data).toEqual({
      value: "old",
    });
  });

  it("cannot be told whole where a part of the journal is damaged: an undo names the gap", async () => {
    const { store, catalog } = openLocation();
    const writer = await catalog.beginRestore(recordOf("r"), context);
    for (const name of ["a", "b"]) await writer.append(line(name), signal);
    await store.remove([restoreKey("r", partFile(1, writer.runId))], signal);
    await store.put(restoreKey("r", partFile(1, writer.runId)), Buffer.from("torn"), signal);
    const report = { backup: "b", startedAt: "2026-01-02T03:04:05Z", finishedAt: "2026-01-02T03:04:09Z" };
    const closing = JSON.stringify({ ...report, complete: true, counts: { created: 2 } });
    await writer.writeFile("kubectl-backup-report.json", Buffer.from(closing), signal);
    await writer.close();
    const undo = await openUndo("r", catalog, context);
    expect(undo.created.map(({ name }) => name)).toEqual(["b"]);
    expect(undo.gaps).toEqual([expect.stringContaining("part 1 of the journal cannot be read")]);
  });

  it("tells of each object what the run made of it that created it, also where a later run goes on with it", async () => {
    const { catalog } = openLocation();
    const first = await catalog.beginRestore(recordOf("r"), context);
    await first.append(line("a", "first") + line("b"), signal);
    await first.close();
    const second = await catalog.resumeRestore("r", context);
    await second.append(line("a", "second") + line("a") + line("b", "second"), signal);
    const report = { backup: "b", startedAt: "2026-01-02T03:04:05Z", finishedAt: "2026-01-02T03:04:09Z" };
    const closing = JSON.stringify({ ...report, complete: true, counts: { created: 2 } });
    await second.writeFile("kubectl-backup-report.json", Buffer.from(closing), signal);
    await second.close();
    const { created } = await openUndo("r", catalog, context);
    expect(created.map(({ name, made }) => [name, made?.digest])).toEqual([
      ["a", "first"],
      ["b", "second"],
    ]);
  });
});

describe("a restore's journal", () => {
  it("is read in the order it was written, over all its runs, and from any part on", async () => {
    const { catalog } = openLocation();
    const first = await catalog.beginRestore(recordOf("r"), context);
    await first.append(line("a") + line("b"), signal);
    await first.append(line("c"), signal);
    await first.close();
    const second = await catalog.resumeRestore("r", context);
    await second.append(line("d"), signal);
    await second.close();
    expect(await partsOf(catalog.journal({ restore: "r", after: 0 }, context))).toEqual([
      [1, ["a", "b"]],
      [2, ["c"]],
      [3, ["d"]],
    ]);
    expect(await partsOf(catalog.journal({ restore: "r", after: 2 }, context))).toEqual([[3, ["d"]]]);
  });

  it("that lacks a part is read without it", async () => {
    const { store, catalog } = openLocation();
    const writer = await catalog.beginRestore(recordOf("r"), context);
    for (const name of ["a", "b", "c"]) await writer.append(line(name), signal);
    await store.remove([restoreKey("r", partFile(2, writer.runId))], signal);
    const parts = await partsOf(catalog.journal({ restore: "r", after: 0 }, context));
    expect(parts).toEqual([
      [1, ["a"]],
      [3, ["c"]],
    ]);
    // Numbers go on behind the last one, never into the gap.
    await writer.close();
    const again = await catalog.resumeRestore("r", context);
    await again.append(line("d"), signal);
    expect((await partsOf(catalog.journal({ restore: "r", after: 3 }, context)))[0]).toEqual([4, ["d"]]);
  });

  it("never gives half a part, wherever it was cut", async () => {
    const whole = gzipSync(line("a") + line("b"));
    for (let length = 0; length < whole.length; length += 1) {
      const { store, catalog } = openLocation();
      await store.put(restoreKey("r", partFile(1, "run")), whole.subarray(0, length), signal);
      await store.put(restoreKey("r", partFile(2, "run")), gzipSync(line("c")), signal);
      const parts = await partsOf(catalog.journal({ restore: "r", after: 0 }, context));
      expect(parts, `cut after ${length} bytes`).toEqual([[1], [2, ["c"]]]);
    }
  });

  it("takes no part whose lines are not entries", async () => {
    const { store, catalog } = openLocation();
    await store.put(restoreKey("r", partFile(1, "run")), gzipSync(`${line("a")}{"type":"wish"}\n`), signal);
    expect(await partsOf(catalog.journal({ restore: "r", after: 0 }, context))).toEqual([[1]]);
  });
});
