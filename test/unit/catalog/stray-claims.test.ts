import { beforeEach, expect, test } from "vitest";
import { encodeClaim } from "#core/format/claim.ts";
import { Failure } from "#core/model/errors.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  keysIn,
  LeapingClock,
  ManualClock,
  makeCatalog,
  makeFacts,
  makeRun,
  ProcessList,
  warnings,
  writeBackup,
} from "./backup-fixtures.ts";
import { useFolders } from "./use-folders.ts";
import { watchStore } from "./watched-store.ts";

/** Of the run that was killed when its backup was committed. */
const KILLED = { machine: "one", pid: 7, processStart: "1" };
const STRAY = [
  "backups/web/kubectl-backup-claim-dead0001-1.json",
  "backups/web/kubectl-backup-claim-dead0001-2.json",
];
const signal = new AbortController().signal;

const folders = useFolders();

let clock: ManualClock;
let store: ObjectStore;
beforeEach(async () => {
  clock = new ManualClock();
  store = createMemoryStore({ now: clock.now });
  await writeBackup(catalogOf(), makeFacts("web"));
});

function catalogOf({ gone = [] as readonly number[], ofStore = store } = {}) {
  const processes = new ProcessList(2, gone);
  return makeCatalog({ store: ofStore, folders, processes, clock: new LeapingClock() });
}

async function leaveClaims(holder: { machine?: string; pid: number; processStart?: string }): Promise<void> {
  for (const key of STRAY) await store.put(key, encodeClaim({ runId: "dead0001", ...holder }), signal);
}

const claims = async () => (await keysIn(store)).filter((key) => key.includes("claim"));

test("the next backup of any name removes the claims that a killed run left beside its backup, and nothing else", async () => {
  const before = await keysIn(store);
  await leaveClaims(KILLED);
  const run = makeRun();
  await writeBackup(catalogOf({ gone: [7] }), makeFacts("other"), run);
  expect((await keysIn(store)).filter((key) => !key.startsWith("backups/other/"))).toEqual(before);
  expect(warnings(run)).toEqual([]);
});

test("so does one that is refused since the backup is there", async () => {
  await leaveClaims(KILLED);
  const begun = catalogOf({ gone: [7] }).begin("web", makeRun().context);
  await expect(begun).rejects.toMatchObject({ code: "name-taken" });
  expect(await claims()).toEqual([]);
});

test.for([
  ["whose process lives", { machine: "one", pid: 8, processStart: "1" }],
  ["of another machine", { machine: "two", pid: 7, processStart: "1" }],
] as const)("claims of a run %s stay for 5 minutes", async ([, holder]) => {
  await leaveClaims(holder);
  clock.advance(5 * 60_000);
  await writeBackup(catalogOf({ gone: [7] }), makeFacts("one"));
  expect(await claims()).toEqual(STRAY);
  clock.advance(1000);
  await writeBackup(catalogOf({ gone: [7] }), makeFacts("two"));
  expect(await claims()).toEqual([]);
});

test("claims on a name without a backup are left to whoever takes the name or deletes it", async () => {
  const key = "backups/half/kubectl-backup-claim-dead0002-1.json";
  await store.put(key, encodeClaim({ runId: "dead0002", ...KILLED }), signal);
  await writeBackup(catalogOf({ gone: [7] }), makeFacts("other"));
  expect(await claims()).toEqual([key]);
});

test("a location that cannot be looked through costs the run neither its backup nor a warning", async () => {
  await leaveClaims(KILLED);
  const closed = watchStore(store, ({ method, key }, happen) => {
    if (method === "list" && key === "backups/") throw new Failure("location-forbidden", "closed");
    return happen();
  });
  const run = makeRun();
  await writeBackup(catalogOf({ gone: [7], ofStore: closed }), makeFacts("other"), run);
  expect(warnings(run)).toEqual([]);
  expect(await claims()).toEqual(STRAY);
});

test("a location that is never done with its listing does not hold a run up", async () => {
  const slow = watchStore(store, ({ method, key }, happen) =>
    method === "list" && key === "backups/" ? new Promise<never>(() => undefined) : happen(),
  );
  await writeBackup(catalogOf({ ofStore: slow }), makeFacts("other"));
});
