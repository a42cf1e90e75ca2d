import { describe, expect, it } from "vitest";
import { completeOwn } from "#core/restore/complete-own.ts";
import { linkKnownOwners } from "#core/restore/finish.ts";
import { openFinishBook } from "#core/restore/finish-book.ts";
import type { LiveState } from "#core/restore/live-digests.ts";
import { openOwnerBook } from "#core/restore/owners.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import type { Wish } from "#core/restore/write-item.ts";
import { scriptedCluster } from "./scripted-cluster.ts";

const kind = { group: "", version: "v1", resource: "services", kind: "Service", namespaced: true };
const ref = (name: string) => ({ resource: kind, namespace: "shop", name });
const references = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "old" }];
const release = { name: "release", patch: { spec: { released: true } } };

/** Of a run no more is read here. */
function startRun() {
  const { cluster, sent } = scriptedCluster({ get: [{ metadata: { uid: "b", resourceVersion: "2" } }] });
  const owners = openOwnerBook(new Set(["old"]), new Map());
  owners.note("old", "new");
  const finish = openFinishBook();
  const run = { cluster, finish, owners, signal: new AbortController().signal } as unknown as RestoreRun;
  return { run, finish, uidsSent: () => sent.map(({ body }) => (body["metadata"] as { uid: string }).uid) };
}

describe("linking to owners while others are being created", () => {
  it("takes no step of what is created meanwhile, which waits for more than its owners", async () => {
    const { run, finish, uidsSent } = startRun();
    finish.owners.push({ ref: ref("a"), uid: "a", resourceVersion: "1", linked: [], references });
    const linking = linkKnownOwners(run);
    finish.steps.push({ ref: ref("b"), uid: "b", resourceVersion: "1", steps: [release] });
    await linking;
    expect(uidsSent()).toEqual(["a"]);
    expect([...finish.finished]).toEqual(["a"]);
  });

  it("finishes nothing of which an earlier run had left more to do, at whatever moment that is found out", async () => {
    const { run, finish, uidsSent } = startRun();
    const { push } = finish.owners;
    const linkings: Promise<void>[] = [];
    finish.owners.push = (...pending) => {
      const length = push.apply(finish.owners, pending);
      linkings.push(linkKnownOwners(run));
      return length;
    };
    const wish = { item: { uid: "stored" }, target: { kind, namespace: "shop", name: "b" }, body: {} };
    const own = { ...wish, intended: {}, later: [release], ownerReferences: references };
    const live = { uid: "b", resourceVersion: "2", pending: "release,owners", digest: "" };
    await completeOwn(run, own as unknown as Wish, live as unknown as LiveState);
    await Promise.all(linkings);
    expect(linkings).toHaveLength(1);
    expect([uidsSent(), [...finish.finished]]).toEqual([[], []]);
    expect(finish.steps.map(({ uid }) => uid)).toEqual(["b"]);
  });
});
