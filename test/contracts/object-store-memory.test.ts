import { createMemoryStore } from "#core/storage/memory.ts";
import { describeObjectStore } from "./object-store.ts";

describeObjectStore("the store in memory", async () => ({ store: createMemoryStore() }));
describeObjectStore("the store in memory, in pages of three", async () => ({
  store: createMemoryStore({ pageSize: 3 }),
}));
