import { afterEach, beforeEach, expect, test } from "vitest";
import { BackupIndex } from "#core/guard/backup-index.ts";
import type { ClaimRecord } from "#core/model/backup.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  makeCatalog,
  makeFacts,
  makeFolders,
  makeRun,
  writeBackup,
} from "#test/unit/catalog/backup-fixtures.ts";
import { watchStore } from "#test/unit/catalog/watched-store.ts";

const { context } = makeRun();
let folders: Awaited<ReturnType<typeof makeFolders>>;
let store: ObjectStore;
let asked: string[];
let pauses: number[];
let nowMs: number;
let index: BackupIndex;

beforeEach(async () => {
  folders = await makeFolders();
  store = createMemoryStore();
  asked = [];
  pauses = [];
  nowMs = 0;
  const watched = watchStore(store, ({ method }, happen) => {
    asked.push(method);
    return happen();
  });
  const open = async () => makeCatalog({ store: watched, folders });
  const cluster = { kubeSystemUid: "kube-system-uid" };
  const pause = async (ms: number) => void pauses.push(ms);
  index = new BackupIndex({ url: "memory:", open }, { cluster, monotonicMs: () => nowMs, pause });
});
afterEach(() => folders.remove());

const manyClaims = Array.from({ length: 50_000 }, (_, n) => ({
  name: `claim-${n}`,
  uid: `uid-${n}`,
  captured: "none" as const,
}));

/** Of the namespace shop, so many hours into the day. */
async function backup(
  name: string,
  hour: number,
  changes: {
    uid?: string;
    complete?: boolean;
    excludedByLabel?: number;
    firstListAt?: string;
    claims?: ClaimRecord[];
  } = {},
) {
  const record = {
    name: "shop",
    uid: "shop-uid",
    firstListAt: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(),
    itemCount: 4,
    excludedByLabel: 0,
    kindsNotRead: [],
    claims: [],
    complete: true,
    ...changes,
  };
  await writeBackup(makeCatalog({ store, folders }), makeFacts(name, { namespaces: [record] }));
}

const names = () => index.candidatesOf("shop").map(({ evidence }) => evidence.name);

async function removed(name: string): Promise<void> {
  await makeCatalog({ store, folders }).remove(name, context);
}

test("what is known is not read again: one listing, and two reads for each new backup", async () => {
  await backup("a", 1);
  await backup("b", 2);
  await index.refresh(context);
  expect(asked.toSorted()).toEqual(["get", "get", "get", "get", "list"]);
  asked.length = 0;
  await index.refresh(context);
  expect(asked).toEqual(["list"]);
  await backup("c", 3);
  asked.length = 0;
  await index.refresh(context);
  expect(asked.toSorted()).toEqual(["get", "get", "list"]);
  asked.length = 0;
  await index.refresh(context);
  expect(asked).toEqual(["list"]);
});

test("neither namesakes nor incomplete backups crowd out those that prove something", async () => {
  for (const [n, name] of ["a", "b", "c", "d"].entries()) await backup(name, n);
  for (const [n, name] of ["e", "f", "g"].entries()) await backup(name, 4 + n, { uid: "earlier" });
  for (const [n, name] of ["h", "i", "j"].entries()) await backup(name, 8 + n, { complete: false });
  await index.refresh(context);
  expect(names()).toEqual(["j", "g", "f", "e", "d", "c", "b"]);
});

test("neither those that leave something out nor those of a time to come crowd out what proves something", async () => {
  for (const [n, name] of ["a", "b", "c", "d"].entries()) await backup(name, n);
  for (const [n, name] of ["e", "f", "g", "h"].entries()) await backup(name, 4 + n, { excludedByLabel: 1 });
  for (const name of ["i", "j", "k"]) await backup(name, 9, { firstListAt: "2999-01-01T00:00:00Z" });
  await index.refresh(context);
  expect(names().slice(1)).toEqual(["h", "g", "f", "d", "c", "b"]);
});

test("where the kept ones are gone, an older one stands in at the reading after", async () => {
  for (const [n, name] of ["a", "b", "c", "d"].entries()) await backup(name, n);
  await index.refresh(context);
  expect(names()).toEqual(["d", "c", "b"]);
  await removed("d");
  await index.refresh(context);
  await index.refresh(context);
  expect(names()).toEqual(["c", "b", "a"]);
  asked.length = 0;
  await index.refresh(context);
  expect(asked).toEqual(["list"]);
});

test("all who look within five seconds share one look; who comes later makes a new one", async () => {
  await backup("a", 1);
  await index.refresh(context);
  const [candidate] = index.candidatesOf("shop");
  if (candidate === undefined) throw new Error("no candidate");
  asked.length = 0;
  await Promise.all(Array.from({ length: 50 }, () => index.look(candidate, context)));
  nowMs = 4999;
  expect(await index.look(candidate, context)).toEqual({ damage: undefined, askedAtMs: 0 });
  expect(asked).toEqual(["list"]);
  await removed("a");
  nowMs = 5000;
  expect(await index.look(candidate, context)).toEqual({ damage: "it is no longer there", askedAtMs: 5000 });
});

test("a look at one state of a backup says nothing of another under its name", async () => {
  await backup("a", 1);
  await index.refresh(context);
  const [first] = index.candidatesOf("shop");
  await removed("a");
  await backup("a", 2);
  await index.refresh(context);
  const [second] = index.candidatesOf("shop");
  if (first === undefined || second === undefined) throw new Error("no candidate");
  expect((await index.look(first, context)).damage).toBe("velero-backup.json is not what was written");
  expect((await index.look(second, context)).damage).toBeUndefined();
});

test("a look that failed is nobody's answer: the next one looks again", async () => {
  await backup("a", 1);
  await index.refresh(context);
  const [candidate] = index.candidatesOf("shop");
  if (candidate === undefined) throw new Error("no candidate");
  let down = true;
  const watched = watchStore(store, (_, happen) => {
    if (down) throw new Error("down");
    return happen();
  });
  const failing = new BackupIndex(
    { url: "memory:", open: async () => makeCatalog({ store: watched, folders }) },
    { cluster: {}, monotonicMs: () => nowMs },
  );
  await expect(failing.look(candidate, context)).rejects.toThrow("down");
  down = false;
  expect((await failing.look(candidate, context)).damage).toBeUndefined();
});

test("a backup of another cluster is none of the namespace's", async () => {
  await backup("a", 1);
  const open = async () => makeCatalog({ store, folders });
  const there = new BackupIndex(
    { url: "memory:", open },
    { cluster: { kubeSystemUid: "x" }, monotonicMs: () => 0 },
  );
  await there.refresh(context);
  expect(there.candidatesOf("shop")).toEqual([]);
});

test("a backup too large to be looked into is told of and counts for nothing, until it is gone or has room", async () => {
  await backup("a", 1);
  await backup("b", 2, { claims: manyClaims });
  await index.refresh(context);
  expect(names()).toEqual(["a"]);
  expect(index.unread).toEqual([
    expect.stringMatching(/^backup "b" is not read: its manifest of \d MiB is larger than the 4 MiB/),
  ]);
  await removed("b");
  await index.refresh(context);
  expect(index.unread).toEqual([]);
});

test("what came since is found by the folders' names, and nothing that is known is asked for", async () => {
  for (const [n, name] of ["a", "b", "c"].entries()) await backup(name, n);
  await index.refresh(context);
  await backup("d", 4);
  asked.length = 0;
  await index.readNews(context);
  expect(names()).toEqual(["d", "c", "b"]);
  expect(asked.toSorted()).toEqual(["get", "get", "list", "list"]);
  asked.length = 0;
  await index.readNews(context);
  expect(asked).toEqual(["list"]);
});

test("before the location was read whole there are no news of it: it is read", async () => {
  await backup("a", 1);
  await index.readNews(context);
  expect(names()).toEqual(["a"]);
  expect(index.refreshedAtMs).toBeDefined();
});

test("a backup that was made anew under its name is news once a look found the old one gone", async () => {
  await backup("a", 1);
  await index.refresh(context);
  const [first] = index.candidatesOf("shop");
  if (first === undefined) throw new Error("no candidate");
  await removed("a");
  await backup("a", 2);
  expect((await index.look(first, context)).damage).toBeDefined();
  await index.readNews(context);
  const [second] = index.candidatesOf("shop");
  if (second === undefined) throw new Error("no candidate");
  expect(second.evidence.namespace.firstListAt).toBe("2026-01-01T02:00:00.000Z");
  expect((await index.look(second, context)).damage).toBeUndefined();
});

test("news and a whole reading at once count nothing twice", async () => {
  await backup("a", 1);
  await index.refresh(context);
  await backup("b", 2);
  await Promise.all([index.refresh(context), index.readNews(context)]);
  expect(names()).toEqual(["b", "a"]);
});

test("however many ask for a reading, one is under way and one follows, which sees what was there when they asked", async () => {
  await backup("a", 1);
  const first = index.refresh(context);
  // What is asked for now begins to be read later than that.
  await new Promise((resolve) => setImmediate(resolve));
  await backup("b", 2);
  const flood = Array.from({ length: 1000 }, () => index.refresh(context));
  await Promise.all([first, ...flood]);
  expect(names()).toEqual(["b", "a"]);
  expect(asked.filter((method) => method === "list")).toHaveLength(2);
  expect(pauses).toEqual([500, 500]);
});
