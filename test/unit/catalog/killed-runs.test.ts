import { expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  keysIn,
  makeCatalog,
  makeFacts,
  makeRun,
  ProcessList,
  readBackup,
  SOME_ITEMS,
  writeBackup,
} from "./backup-fixtures.ts";
import { useFolders } from "./use-folders.ts";
import { type Around, watchStore } from "./watched-store.ts";

/** How the world ends at a call: before or after it took effect, by silence (kill -9) or by errors from then on. */
const ENDS = ["silence before", "silence after", "errors before", "errors after"] as const;
type End = (typeof ENDS)[number];

const FIRST_PID = 1;
/** Some thirty backups are written, removed and written again: quick alone, less so beside other tests. */
const PATIENCE = { timeout: 60_000 };

const folders = useFolders();

test.for(ENDS)("a run that ends at any call by %s leaves a whole backup or none", PATIENCE, async (end) => {
  await expectWholeOrNone(() => createMemoryStore(), end);
});

test("that holds on a store that ignores conditional writes too", PATIENCE, async () => {
  await expectWholeOrNone(
    () => createMemoryStore({ conditionalPut: false, conditionalUpload: false }),
    "silence after",
  );
});

async function expectWholeOrNone(makeStore: () => ObjectStore, end: End): Promise<void> {
  const calls = await callsOfWholeRun(makeStore());
  expect(calls).toBeGreaterThan(15);
  const ends = Array.from({ length: calls }, async (_, index) => {
    const store = makeStore();
    await runUntil(store, index + 1, end);
    return isWholeOrAbsent(store);
  });
  const listed = await Promise.all(ends);
  // Neither always nor never: the commit lies somewhere between.
  expect(new Set(listed).size).toBe(2);
}

async function callsOfWholeRun(store: ObjectStore): Promise<number> {
  let calls = 0;
  const counting = watchStore(store, (_, happen) => {
    calls += 1;
    return happen();
  });
  await writeBackup(makeCatalog({ store: counting, folders }), makeFacts("web"));
  return calls;
}

/** A run of process 1, as far as it gets. */
async function runUntil(store: ObjectStore, n: number, end: End): Promise<void> {
  const silence = Promise.withResolvers<never>();
  const killed = Promise.withResolvers<void>();
  const fall = () => {
    killed.resolve();
    if (end.startsWith("silence")) return silence.promise;
    throw new Failure("location-unreachable", "the store is gone");
  };
  let calls = 0;
  const around: Around = async (_, happen) => {
    calls += 1;
    if (calls < n) return happen();
    if (calls === n && end.endsWith("after")) await happen();
    return fall();
  };
  const processes = new ProcessList(FIRST_PID);
  const catalog = makeCatalog({ store: watchStore(store, around), folders, processes });
  const run = writeBackup(catalog, makeFacts("web")).catch(() => undefined);
  await (end.startsWith("silence") ? Promise.race([run, killed.promise]) : run);
}

/** Looked at by another process, to which the first one is gone. Tells whether the backup was there. */
async function isWholeOrAbsent(store: ObjectStore): Promise<boolean> {
  const catalog = makeCatalog({ store, folders, processes: new ProcessList(2, [FIRST_PID]) });
  const listed = await catalog.list(makeRun().context);
  if (listed.length > 0) {
    await expectWhole(store);
    await catalog.remove("web", makeRun().context);
    expect(await keysIn(store)).toEqual([]);
  }
  await writeBackup(catalog, makeFacts("web"));
  await expectWhole(store);
  expect(await keysIn(store)).toHaveLength(8);
  expect(await store.sweepUploads("", 0, AbortSignal.timeout(1000))).toBe(0);
  return listed.length > 0;
}

async function expectWhole(store: ObjectStore): Promise<void> {
  const found = await readBackup(makeCatalog({ store, folders }), "web");
  expect(found.filter((result) => result.ok)).toHaveLength(SOME_ITEMS.length);
}
