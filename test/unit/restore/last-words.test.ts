import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ProgressEvent } from "#core/model/progress.ts";
import { openFinishBook } from "#core/restore/finish-book.ts";
import { HookBook } from "#core/restore/hooks/hook-book.ts";
import { storeLastWords } from "#core/restore/last-words.ts";
import { MentionBook } from "#core/restore/mapping/old-mentions.ts";
import { ReachBook } from "#core/restore/outside/reaches.ts";
import type { RestorePlan } from "#core/restore/plan.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import { Results } from "#core/restore/results.ts";
import type { RestoreAsk } from "#core/restore/run.ts";
import { factsFor, storedItem } from "./rules-fixture.ts";

const plan: Partial<RestorePlan> = {
  restore: "r",
  backup: "b",
  target: { contextName: "c", clusterName: "c", server: "s", relation: "same" },
  held: [],
  missing: [],
  leftOut: [],
  neverRestored: [],
  absentNamespaces: [],
  unreadable: [],
  warnings: [],
};

/** A restore of three ConfigMaps (one only needed) that broke off after the first, which still waits for its owners. */
function brokenRun(): RestoreRun {
  const item = storedItem({});
  const results = new Results();
  results.add(item, { namespace: "app", name: "one", outcome: { result: "created" }, warnings: [] });
  const finish = openFinishBook();
  const ref = { resource: item, namespace: "app", name: "one" };
  finish.owners.push({ ref, uid: "u", resourceVersion: "1", linked: [], references: [] });
  const prepared = { plan, kinds: [2, 1].map((count) => ({ kind: item, count })) };
  // What a report reads of a run.
  const [{ request }, reaches] = [factsFor(), new ReachBook()];
  const mentions = new MentionBook(request);
  const hooks = new HookBook(request);
  const annotations = { "post.hook.restore.velero.io/command": "fill" };
  const pod = { metadata: { annotations }, spec: { containers: [{ name: "main" }] } };
  const kind = { ...item, resource: "pods", kind: "Pod" };
  hooks.note({ kind, namespace: "app", name: "db", object: pod, intended: pod, original: pod, uid: "u" });
  return { results, finish, reaches, mentions, hooks, prepared, request } as unknown as RestoreRun;
}

it("the report of a restore that broke off is not waited for longer than that, and then stays on this machine", async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), "restore-state-"));
  const catalog = {
    url: "s3://slow",
    writeRestoreFile: (_place: unknown, _body: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  };
  const told: string[] = [];
  const context = {
    signal: AbortSignal.abort(),
    now: () => new Date(0),
    onProgress: (event: ProgressEvent) => void (event.type === "warned" && told.push(event.message)),
  };
  // Cluster and backup are not asked any more.
  const ask = { catalog, stateDirectory } as unknown as RestoreAsk;
  const facts = { run: brokenRun(), startedAt: new Date(0), finishedAt: new Date(1), seconds: {} };
  await storeLastWords({ facts, ask, cause: new Error("stop"), withinMs: 10 }, context);
  const folder = join(stateDirectory, "restores", "r");
  expect(JSON.parse(await readFile(join(folder, "kubectl-backup-report.json"), "utf8"))).toMatchObject({
    complete: false,
    interrupted: "stop",
    counts: { created: 1 },
    unfinished: [{ resource: "configmaps", count: 2 }],
    troubles: [
      "the restore broke off: stop",
      "not restored, or under way at that moment: 2 configmaps",
      "the hook of pods app/db (container main) had not ended",
      "1 created objects lack their last steps; the next restore names them",
    ],
  });
  expect(told.at(-1)).toContain(folder);
  await rm(stateDirectory, { recursive: true });
});
