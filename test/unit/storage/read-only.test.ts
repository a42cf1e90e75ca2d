import { expect, test } from "vitest";
import { createMemoryStore } from "#core/storage/memory.ts";
import { readOnlyStore } from "#core/storage/read-only.ts";

const signal = new AbortController().signal;

test("a read-only store reads, and refuses every write before anything is sent", async () => {
  const inner = createMemoryStore();
  await inner.put("a", Buffer.from("bytes"), signal);
  const store = readOnlyStore(inner);
  expect(await store.head("a", signal)).toMatchObject({ sizeBytes: 5 });
  const writes = [
    store.put("b", Buffer.from("x"), signal),
    store.openUpload("b", signal),
    store.remove(["a"], signal),
    store.sweepUploads("", 0, signal),
    store.conditionalWrites(signal),
  ];
  for (const write of writes) await expect(write).rejects.toMatchObject({ code: "location-read-only" });
  expect(await inner.head("b", signal)).toBeUndefined();
  expect(await inner.head("a", signal)).toBeDefined();
});
