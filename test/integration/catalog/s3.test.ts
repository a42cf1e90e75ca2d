import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "#core/catalog/clock.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { openStore } from "#core/storage/open-store.ts";
import { parseLocation } from "#core/storage/parse-location.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { sharedS3, uniqueName } from "#test/harness/shared.ts";
import {
  keysIn,
  makeCatalog,
  makeFacts,
  makeRun,
  ProcessList,
  readBackup,
  SOME_ITEMS,
  writeBackup,
} from "#test/unit/catalog/backup-fixtures.ts";
import { useFolders } from "#test/unit/catalog/use-folders.ts";

const folders = useFolders();
let store: ObjectStore;
beforeAll(async () => {
  const s3 = sharedS3();
  Object.assign(process.env, s3Environment(s3));
  const url = `s3://${s3.bucket}/${uniqueName("catalog")}?endpoint=${s3.endpoint}&region=${s3.region}&pathStyle=true`;
  store = (await openStore(parseLocation(url))).store;
});
afterAll(() => store.close());

test("a backup goes to an S3 server, is listed, read in full and removed without a trace", async () => {
  const catalog = makeCatalog({ store, folders, clock: systemClock });
  await writeBackup(catalog, makeFacts("web"));
  expect((await catalog.list(makeRun().context)).map(({ name }) => name)).toEqual(["web"]);
  const found = await readBackup(catalog, "web");
  expect(found.filter((result) => result.ok)).toHaveLength(SOME_ITEMS.length);
  await catalog.remove("web", makeRun().context);
  expect(await keysIn(store)).toEqual([]);
});

test("of two runs that begin at once under one name one wins and the other is refused", async () => {
  const runs = [1, 2].map((pid) => {
    const catalog = makeCatalog({ store, folders, clock: systemClock, processes: new ProcessList(pid) });
    return writeBackup(catalog, makeFacts("raced"));
  });
  const ends = await Promise.allSettled(runs);
  expect(ends.flatMap((end) => (end.status === "rejected" ? [end.reason.code] : []))).toEqual(["name-taken"]);
  const found = await readBackup(makeCatalog({ store, folders }), "raced");
  expect(found.filter((result) => result.ok)).toHaveLength(SOME_ITEMS.length);
});

test("what a run left half done is gone after it was aborted, unfinished uploads too", async () => {
  const catalog = makeCatalog({ store, folders, clock: systemClock });
  const before = await keysIn(store);
  const writer = await catalog.begin("aborted", makeRun().context);
  await writer.abort();
  expect(await keysIn(store)).toEqual(before);
  expect(await store.sweepUploads("backups/aborted/", 0, AbortSignal.timeout(10_000))).toBe(0);
});
