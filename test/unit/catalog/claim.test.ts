import { beforeEach, describe, expect, test } from "vitest";
import { encodeClaim } from "#core/format/claim.ts";
import { Failure } from "#core/model/errors.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  addAll,
  bytesOf,
  keysIn,
  LeapingClock,
  ManualClock,
  makeCatalog,
  makeFacts,
  makeRun,
  ProcessList,
  readBackup,
  SOME_ITEMS,
  warnings,
  writeBackup,
} from "./backup-fixtures.ts";
import { useFolders } from "./use-folders.ts";
import { type StoreCall, watchStore } from "./watched-store.ts";

const MINUTE = 60_000;
const signal = new AbortController().signal;

const folders = useFolders();

let clock: ManualClock;
let store: ObjectStore;
beforeEach(() => {
  clock = new ManualClock();
  store = createMemoryStore({ now: clock.now });
});

/** What a run that was killed leaves: a claim of its own and half an archive. */
async function leaveDeadRun(holder: { machine?: string; pid: number; processStart?: string }): Promise<void> {
  const claim = encodeClaim({ runId: "dead0001", ...holder });
  await store.put("backups/web/kubectl-backup-claim-dead0001-1.json", claim, signal);
  await store.put("backups/web/web.tar.gz", Buffer.from("half"), signal);
  await (await store.openUpload("backups/web/kubectl-backup-index.gz", signal)).write(Buffer.from("half"));
}

/** A run looks at its own folder when it has claimed it, before the commit and after it. */
function isLook({ method, key }: StoreCall): boolean {
  return method === "list" && key === "backups/web/";
}

function catalogOf(pid: number, gone: readonly number[] = []) {
  return makeCatalog({ store, folders, processes: new ProcessList(pid, gone), clock: new LeapingClock() });
}

describe("a claim that another run left", () => {
  test("is taken over at once when its process on this machine is gone, and what it left is removed and named", async () => {
    await leaveDeadRun({ machine: "one", pid: 7, processStart: "1" });
    const run = makeRun();
    await writeBackup(catalogOf(2, [7]), makeFacts("web"), run);
    expect(warnings(run)).toEqual([
      'removed what an earlier run left under the name "web": web.tar.gz, kubectl-backup-claim-dead0001-1.json',
    ]);
    expect(await readBackup(catalogOf(2), "web")).toHaveLength(SOME_ITEMS.length);
    expect(await store.sweepUploads("", 0, signal)).toBe(0);
  });

  test.for([
    ["while its process lives", { machine: "one", pid: 8, processStart: "1" }],
    [
      "when it is another machine's, though the number is free here",
      { machine: "two", pid: 7, processStart: "1" },
    ],
    ["when it does not tell its machine", { pid: 7 }],
  ] as const)("holds for 5 minutes %s", async ([, holder]) => {
    await leaveDeadRun(holder);
    clock.advance(5 * MINUTE);
    await expect(catalogOf(2, [7]).begin("web", makeRun().context)).rejects.toMatchObject({
      code: "name-taken",
    });
    clock.advance(1000);
    await writeBackup(catalogOf(2, [7]), makeFacts("web"));
  });

  test("keeps its files and its name when it is live, and nothing of ours stays beside it", async () => {
    await leaveDeadRun({ machine: "two", pid: 7 });
    const before = await keysIn(store);
    await expect(catalogOf(2).begin("web", makeRun().context)).rejects.toMatchObject({ code: "name-taken" });
    expect(await keysIn(store)).toEqual(before);
  });

  test("that cannot be understood holds until it is old", async () => {
    await store.put("backups/web/kubectl-backup-claim-dead0001-1.json", Buffer.from("{"), signal);
    await expect(catalogOf(2).begin("web", makeRun().context)).rejects.toMatchObject({ code: "name-taken" });
    clock.advance(5 * MINUTE + 1);
    await writeBackup(catalogOf(2), makeFacts("web"));
  });

  test("is as young as its newest renewal", async () => {
    await leaveDeadRun({ machine: "two", pid: 7 });
    clock.advance(4 * MINUTE);
    const renewal = encodeClaim({ runId: "dead0001", machine: "two", pid: 7 });
    await store.put("backups/web/kubectl-backup-claim-dead0001-2.json", renewal, signal);
    clock.advance(4 * MINUTE);
    await expect(catalogOf(2).begin("web", makeRun().context)).rejects.toMatchObject({ code: "name-taken" });
  });
});

describe("a run's own claim", () => {
  const claims = async () => (await keysIn(store)).filter((key) => key.includes("claim")).length;
  const begin = (run = makeRun(), ofStore = store) =>
    makeCatalog({ store: ofStore, folders, clock }).begin("web", run.context);
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

  test("tells machine, process and run, and never a time", async () => {
    const writer = await begin();
    const [key = ""] = await keysIn(store);
    expect(JSON.parse((await bytesOf(store, key)).toString())).toEqual({
      runId: writer.runId,
      machine: "one",
      pid: 1,
      processStart: "1",
    });
    await writer.abort();
  });

  test("is renewed every 2 minutes by a further one, and all of them go at the end", async () => {
    const writer = await begin();
    for (const expected of [2, 3, 4]) {
      clock.advance(2 * MINUTE);
      await settle();
      expect(await claims()).toBe(expected);
    }
    await addAll(writer, SOME_ITEMS);
    await writer.commit(makeFacts("web"), makeRun().context);
    expect(await claims()).toBe(0);
  });

  test("older than 4 minutes ends the run: nothing more is written, and nothing that may be another's removed", async () => {
    const run = makeRun();
    let isAway = false;
    const flaky = watchStore(store, ({ method, key }, happen) => {
      if (isAway && method === "put" && key.includes("claim"))
        throw new Failure("location-unreachable", "away");
      return happen();
    });
    const writer = await begin(run, flaky);
    await addAll(writer, SOME_ITEMS);
    isAway = true;
    for (const pauseMs of [2 * MINUTE, 2 * MINUTE + 1]) {
      clock.advance(pauseMs);
      await settle();
    }
    const stranger = "backups/web/web-results.gz";
    await store.put(stranger, Buffer.from("of another run"), signal);
    await expect(writer.commit(makeFacts("web"), run.context)).rejects.toMatchObject({
      code: "location-unreachable",
    });
    await writer.abort();
    expect(await keysIn(store)).toEqual([stranger]);
    expect(warnings(run)).toHaveLength(1);
  });

  test("that was slept over is never renewed again: others may have taken it for dead", async () => {
    const run = makeRun();
    const writer = await begin(run);
    await addAll(writer, SOME_ITEMS);
    clock.advance(6 * MINUTE);
    await settle();
    expect(await claims()).toBe(1);
    await expect(writer.commit(makeFacts("web"), run.context)).rejects.toMatchObject({
      code: "name-taken",
      message: expect.stringContaining("did this machine sleep?"),
    });
    await writer.abort();
  });

  test("that somebody removed keeps the run from committing", async () => {
    const run = makeRun();
    const writer = await begin(run);
    await addAll(writer, SOME_ITEMS);
    await store.remove(await keysIn(store), signal);
    await expect(writer.commit(makeFacts("web"), run.context)).rejects.toMatchObject({ code: "name-taken" });
    await writer.abort();
    expect(await keysIn(store)).toEqual([]);
  });

  test("that cannot be removed is a warning only", async () => {
    const run = makeRun();
    const locked = watchStore(store, ({ method }, happen) => {
      if (method === "remove") throw new Failure("location-forbidden", "locked");
      return happen();
    });
    await writeBackup(makeCatalog({ store: locked, folders, clock }), makeFacts("web"), run);
    expect(warnings(run)).toEqual(['the claim on "web" could not be removed (locked); it ends by itself']);
    expect((await catalogOf(2).list(makeRun().context)).map((backup) => backup.name)).toEqual(["web"]);
  });
});

describe("the folder is compared with what was written", () => {
  test.for([
    ["a file replaced before the commit", 2],
    ["a file replaced between the commit and the look after it", 3],
  ] as const)("%s ends the run without a backup", async ([, n]) => {
    let looks = 0;
    const meddling = watchStore(store, async (call, happen) => {
      if (isLook(call) && ++looks === n) {
        await store.remove(["backups/web/web-results.gz"], signal);
        await store.put("backups/web/web-results.gz", Buffer.from("of another"), signal);
      }
      return happen();
    });
    const catalog = makeCatalog({ store: meddling, folders, clock });
    await expect(writeBackup(catalog, makeFacts("web"))).rejects.toMatchObject({ code: "location-error" });
    expect(await catalog.list(makeRun().context)).toEqual([]);
  });

  test("the commit is taken back at once, whoever tidies up the rest", async () => {
    let looks = 0;
    const meddling = watchStore(store, async (call, happen) => {
      if (isLook(call) && ++looks === 3) await store.put("backups/web/strange", Buffer.from("?"), signal);
      return happen();
    });
    const { context } = makeRun();
    const writer = await makeCatalog({ store: meddling, folders, clock }).begin("web", context);
    await addAll(writer, SOME_ITEMS);
    await expect(writer.commit(makeFacts("web"), context)).rejects.toMatchObject({ code: "location-error" });
    expect(await keysIn(store)).not.toContain("backups/web/velero-backup.json");
    await writer.abort();
  });

  test("a file that nobody wrote ends the run too", async () => {
    const catalog = makeCatalog({ store, folders, clock });
    const { context } = makeRun();
    const writer = await catalog.begin("web", context);
    await addAll(writer, SOME_ITEMS);
    await store.put("backups/web/strange", Buffer.from("?"), signal);
    await expect(writer.commit(makeFacts("web"), context)).rejects.toThrow(
      "strange was written by somebody else",
    );
    await writer.abort();
  });
});

test("where the last look fails the backup stands, and the warning says so", async () => {
  const run = makeRun();
  let looks = 0;
  const failing = watchStore(store, (call, happen) => {
    if (isLook(call) && ++looks === 3) throw new Failure("location-unreachable", "away");
    return happen();
  });
  await writeBackup(makeCatalog({ store: failing, folders, clock }), makeFacts("web"), run);
  expect(warnings(run)).toEqual(['"web" could not be compared once more after it was stored: away']);
  expect(await readBackup(catalogOf(2), "web")).toHaveLength(SOME_ITEMS.length);
});
