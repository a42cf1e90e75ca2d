import fc from "fast-check";
import { expect, test } from "vitest";
import { COMMIT_FILE } from "#core/format/layout.ts";
import { Failure } from "#core/model/errors.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import {
  addAll,
  keysIn,
  LeapingClock,
  makeCatalog,
  makeFacts,
  makeRun,
  ProcessList,
  readBackup,
  SOME_ITEMS,
} from "./backup-fixtures.ts";
import { useFolders } from "./use-folders.ts";
import { watchStore } from "./watched-store.ts";

const folders = useFolders();

/** Time stands: who waits for the others waits as long as they need, however slowly the scheduler lets them go. */
class PatientClock extends LeapingClock {
  readonly #turn: () => Promise<unknown>;

  constructor(turn: () => Promise<unknown>) {
    super();
    this.#turn = turn;
  }

  override async sleep(_ms: number, signal: AbortSignal): Promise<void> {
    // Files and gzip need turns of the event loop, which the scheduler alone would not give them.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#turn();
    signal.throwIfAborted();
  }
}

test("of runs that race for one name exactly one wins, and the others end before they read the cluster", {
  timeout: 60_000,
}, async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.integer({ min: 2, max: 3 }),
    async (scheduler, racers) => {
      const store = createMemoryStore({ conditionalPut: false, conditionalUpload: false });
      let clustersRead = 0;
      const race = async (pid: number): Promise<void> => {
        const watched = watchStore(store, ({ method }, happen) =>
          method === "write" ? happen() : scheduler.schedule(Promise.resolve(), method).then(happen),
        );
        const clock = new PatientClock(() => scheduler.schedule(Promise.resolve(), "sleep"));
        const processes = new ProcessList(pid);
        const { context } = makeRun();
        const writer = await makeCatalog({ store: watched, folders, processes, clock }).begin("web", context);
        clustersRead += 1;
        await addAll(writer, SOME_ITEMS);
        await writer.commit(makeFacts("web"), context);
      };
      const ends = await scheduler.waitFor(
        Promise.allSettled(Array.from({ length: racers }, (_, index) => race(index + 1))),
      );
      const losses = ends.flatMap((end) => (end.status === "rejected" ? [end.reason.code] : []));
      expect(losses).toEqual(Array.from({ length: racers - 1 }, () => "name-taken"));
      expect(clustersRead).toBe(1);
      expect(await keysIn(store)).toHaveLength(8);
      const found = await readBackup(makeCatalog({ store, folders }), "web");
      expect(found.every((result) => result.ok)).toBe(true);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

test.each(["create", "delete"])(
  "a run that commits and ends while %s looks after its claim keeps its backup",
  async (command) => {
    const store = createMemoryStore();
    const { context } = makeRun();
    const [isAtCommit, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = watchStore(store, async ({ method, key }, happen) => {
      if (method === "put" && key.endsWith(COMMIT_FILE)) {
        isAtCommit.resolve();
        await mayCommit.promise;
      }
      return happen();
    });
    const first = await makeCatalog({ store: held, folders }).begin("web", context);
    await addAll(first, SOME_ITEMS);
    const committing = first.commit(makeFacts("web"), context);
    await isAtCommit.promise;

    const processes = {
      self: () => new ProcessList(2).self(),
      // The folder has been listed and the claim read; only now is the process looked for.
      isGone: async () => {
        mayCommit.resolve();
        await committing;
        return true;
      },
    };
    const full = watchStore(store, ({ method }, happen) => {
      // A full store takes no claim, and removing goes on without.
      if (command === "delete" && method === "put") throw new Failure("location-full", "full");
      return happen();
    });
    const second = makeCatalog({ store: command === "delete" ? full : store, folders, processes });
    if (command === "create") {
      await expect(second.begin("web", context)).rejects.toMatchObject({ code: "name-taken" });
      const found = await readBackup(makeCatalog({ store, folders }), "web");
      expect(found.every((result) => result.ok)).toBe(true);
    } else {
      await second.remove("web", context);
      expect(await keysIn(store)).toEqual([]);
    }
  },
);
