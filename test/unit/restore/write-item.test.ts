import { describe, expect, it } from "vitest";
import { createAdaptiveLimit } from "#core/flow/adaptive-limit.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { Failure } from "#core/model/errors.ts";
import { BeforeImages } from "#core/restore/before-images.ts";
import { finishObjects } from "#core/restore/finish.ts";
import { openFinishBook } from "#core/restore/finish-book.ts";
import { NO_EARLIER_HOOKS } from "#core/restore/hooks/earlier-hooks.ts";
import { HookBook } from "#core/restore/hooks/hook-book.ts";
import { Journal } from "#core/restore/journal.ts";
import { liveState } from "#core/restore/live-digests.ts";
import { MentionBook } from "#core/restore/mapping/old-mentions.ts";
import { ReachBook } from "#core/restore/outside/reaches.ts";
import { openOwnerBook } from "#core/restore/owners.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import { Results } from "#core/restore/results.ts";
import { writeItem } from "#core/restore/write-item.ts";
import { factsFor, storedItem } from "./rules-fixture.ts";
import { type Script, scriptedCluster } from "./scripted-cluster.ts";

const MARK = "b/r";

function startRun(script: Script, more: Partial<RestoreRun> = {}) {
  const { cluster, sent } = scriptedCluster(script);
  const facts = factsFor({ timeoutSeconds: 0.2 });
  // Of what was prepared only the rules' facts and discovery are read here.
  const prepared = {
    facts: { rules: facts },
    discovery: { resources: [], down: [] },
  } as unknown as RestoreRun["prepared"];
  const run: RestoreRun = {
    id: "id",
    record: undefined,
    journal: new Journal(undefined, () => undefined),
    before: new BeforeImages(undefined, new AbortController().signal, () => undefined),
    isResumed: false,
    cluster,
    hasWritten: () => sent.length > 0,
    request: facts.request,
    prepared,
    owners: openOwnerBook(new Set(["owner"]), new Map()),
    results: new Results(),
    finish: openFinishBook(),
    reaches: new ReachBook(),
    mentions: new MentionBook({ namespaceMapping: {} }),
    hooks: new HookBook(facts.request),
    earlierHooks: async () => NO_EARLIER_HOOKS,
    now: () => new Date(),
    limit: createAdaptiveLimit({ start: 4, least: 1, most: 4 }),
    late: [],
    lostClaims: [],
    blockedNamespaces: new Map(),
    mark: MARK,
    definitionsReadyBy: { at: performance.now() + 5_000 },
    signal: new AbortController().signal,
    stop: () => undefined,
    onProgress: () => undefined,
    ...more,
  };
  return { run, sent };
}

const metadata = { name: "one", namespace: "app" };
const configMap = (more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...metadata, ...more },
  data: { a: "b" },
});
const marked = {
  ...configMap({ uid: "u", resourceVersion: "5", annotations: { "kubectl-backup.io/restored-from": MARK } }),
};

function write(
  run: RestoreRun,
  object: object = configMap(),
  kind: { group?: string; resource?: string } = {},
) {
  const item = storedItem(kind);
  const target = { do: "write", kind: item, namespace: "app", name: "one", live: undefined } as const;
  return writeItem(run, { item, bytes: Buffer.from(JSON.stringify(object)), target, live: undefined });
}

describe("creating an item", () => {
  it("says on the object where it comes from", async () => {
    const { run, sent } = startRun({});
    expect((await write(run)).outcome).toMatchObject({ result: "created" });
    expect(sent[0]?.body).toEqual({
      ...configMap({ annotations: { "kubectl-backup.io/restored-from": MARK } }),
    });
  });

  it("takes an object with this restore's mark for its own when the reply was lost", async () => {
    const { run, sent } = startRun({ create: ["lost"], get: [marked] });
    expect((await write(run)).outcome).toMatchObject({ result: "created" });
    expect(sent).toHaveLength(1);
  });

  it("tries again when the reply was lost and nothing is there, a few times", async () => {
    const again = startRun({ create: ["lost", "created"], get: [undefined] });
    const never = startRun({ create: ["lost"], get: [undefined] });
    expect((await write(again.run)).outcome).toMatchObject({ result: "created" });
    expect((await write(never.run)).outcome).toMatchObject({ result: "failed", reason: "connection" });
    expect(never.sent).toHaveLength(3);
  });

  it("meets a namesake that came meanwhile by the policy", async () => {
    const exists = { refused: 409, reason: "AlreadyExists" };
    const live = (data: object) => ({ ...configMap({ uid: "u", resourceVersion: "5" }), data });
    const same = startRun({ create: [exists], get: [live({ a: "b" })] });
    const other = startRun({ create: [exists], get: [live({ a: "c" })] });
    expect((await write(same.run)).outcome).toEqual({ result: "unchanged" });
    expect((await write(other.run)).outcome).toMatchObject({ result: "skipped", reason: "differs" });
  });

  it("waits for a namesake that is being deleted, and gives up in time", async () => {
    const exists = { refused: 409, reason: "AlreadyExists" };
    const leaving = configMap({ uid: "u", resourceVersion: "5", deletionTimestamp: "2026-01-01T00:00:00Z" });
    const gone = startRun({ create: [exists, "created"], get: [leaving, leaving, undefined] });
    const stays = startRun({ create: [exists], get: [leaving] });
    expect((await write(gone.run)).outcome).toMatchObject({ result: "created" });
    expect((await write(stays.run)).outcome).toMatchObject({ result: "failed", reason: "already-exists" });
  });

  it("waits for the path of a custom resource to come up, not for that of anything else", async () => {
    const absent = {
      refused: 404,
      reason: "NotFound",
      message: "the server could not find the requested resource",
    };
    const custom = startRun({ create: [absent, "created"] });
    const builtIn = startRun({ create: [absent, "created"] });
    expect(
      (await write(custom.run, configMap(), { group: "example.com", resource: "widgets" })).outcome,
    ).toMatchObject({ result: "created" });
    expect((await write(builtIn.run)).outcome).toMatchObject({ result: "failed", reason: "not-found" });
  });

  it("sends the softer form that the rule knows, once, and says so", async () => {
    const refused = { refused: 422, reason: "Invalid", message: "provided port is already allocated" };
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { ports: [{ port: 80, nodePort: 30080 }] },
    };
    const { run } = startRun({ create: [refused, "created"] });
    const end = await write(run, service, { resource: "services" });
    expect(end.outcome).toMatchObject({ result: "created" });
    expect(end.warnings).toEqual([expect.stringMatching(/node port is taken/)]);
  });

  it("does not warn of a softer form that was refused too", async () => {
    const refused = { refused: 422, reason: "Invalid", message: "provided port is already allocated" };
    const service = { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }] } };
    const { run } = startRun({ create: [refused] });
    const end = await write(run, service, { resource: "services" });
    expect(end.outcome).toMatchObject({ result: "failed" });
    expect(end.warnings).toEqual([]);
  });

  describe("that is a token of a service account", () => {
    const robot = "kubernetes.io/service-account.name";
    const token = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        ...metadata,
        annotations: { [robot]: "robot", "kubernetes.io/service-account.uid": "old" },
      },
      type: "kubernetes.io/service-account-token",
    };
    const created = (sent: ReturnType<typeof startRun>["sent"]) => JSON.stringify(sent[0]?.body);

    it("says whose it is, so that what cleans up after the old account of that name leaves it", async () => {
      const account = {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default", uid: "live" },
      };
      const { run, sent } = startRun({ get: [undefined, account] });
      const ofDefault = { ...token, metadata: { ...metadata, annotations: { [robot]: "default" } } };
      expect((await write(run, ofDefault, { resource: "secrets" })).outcome).toMatchObject({
        result: "created",
      });
      expect(created(sent)).toContain('"kubernetes.io/service-account.uid":"live"');
    });

    it("names no account where one may not look at them", async () => {
      const { run, sent } = startRun({});
      Object.assign(run.cluster, {
        get: async () => {
          throw new Failure("cluster-forbidden", "no");
        },
      });
      expect((await write(run, token, { resource: "secrets" })).outcome).toMatchObject({ result: "created" });
      expect(created(sent)).not.toContain("service-account.uid");
    });
  });

  it("is not tried in a namespace that could not be made", async () => {
    const { run, sent } = startRun({}, { blockedNamespaces: new Map([["app", "still there"]]) });
    expect((await write(run)).outcome).toMatchObject({
      reason: "namespace-not-ready",
      message: "still there",
    });
    expect(sent).toEqual([]);
  });
});

describe("later steps", () => {
  const owned = configMap({
    ownerReferences: [{ apiVersion: "v1", kind: "Owner", name: "o", uid: "owner" }],
  });

  it("are named on the object, done at the end with its uid, and their mark is taken away", async () => {
    const { run, sent } = startRun({});
    await write(run, owned);
    run.owners.note("owner", "owner-new");
    await finishObjects(run);
    expect(sent[0]?.body).toMatchObject({
      metadata: { annotations: { "kubectl-backup.io/pending-steps": "owners" } },
    });
    expect(sent[1]).toMatchObject({
      verb: "patch",
      body: {
        metadata: {
          uid: "new-uid",
          resourceVersion: "8",
          annotations: { "kubectl-backup.io/pending-steps": null },
          ownerReferences: [{ apiVersion: "v1", kind: "Owner", name: "o", uid: "owner-new" }],
        },
      },
    });
    expect(run.finish.troubles).toEqual([]);
  });

  it("never write a reference to nothing: the owner is left out, which is noted", async () => {
    const { run, sent } = startRun({});
    await write(run, owned);
    await finishObjects(run);
    expect(sent[1]?.body["metadata"]).toMatchObject({ ownerReferences: [] });
    expect(run.finish.notes).toEqual([expect.stringMatching(/Owner o is not there/)]);
  });

  it("are not needed where the owner is known from the start", async () => {
    const { run, sent } = startRun({});
    run.owners.note("owner", "owner-new");
    await write(run, owned);
    await finishObjects(run);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.body["metadata"]).toMatchObject({ ownerReferences: [{ uid: "owner-new" }] });
  });

  describe("of an object's status", () => {
    const withStatus = { ...configMap(), status: { phase: "Good" } };
    const widget = { group: "example.com", resource: "widgets" };
    const conflict = { refused: 409, reason: "Conflict", message: "the object has been modified" };
    const startStatusRun = (script: Script) => {
      const started = startRun(script);
      const rules = factsFor({}, { statusKinds: new Set(["widgets.example.com"]) });
      Object.assign(started.run.prepared.facts, { rules });
      return started;
    };

    it("are sent for the very object that was created", async () => {
      const { run, sent } = startStatusRun({});
      await write(run, withStatus, widget);
      await finishObjects(run);
      expect(sent[1]?.body).toEqual({
        metadata: { uid: "new-uid", resourceVersion: "8" },
        status: { phase: "Good" },
      });
    });

    it("are sent again where somebody else wrote it meanwhile", async () => {
      const live = configMap({ uid: "new-uid", resourceVersion: "9" });
      const { run, sent } = startStatusRun({ patch: [conflict, "created"], get: [live] });
      await write(run, withStatus, widget);
      await finishObjects(run);
      expect(sent[2]?.body).toMatchObject({ metadata: { uid: "new-uid", resourceVersion: "9" } });
      expect(run.finish.troubles).toEqual([]);
    });

    it.each([
      ["another object has its name", [configMap({ uid: "other", resourceVersion: "9" })]],
      ["it is gone", [undefined]],
    ])("are left out, which is named, where %s", async (_, get) => {
      const { run, sent } = startStatusRun({ patch: [conflict], get });
      await write(run, withStatus, widget);
      await finishObjects(run);
      expect(sent.filter(({ verb }) => verb === "patch")).toHaveLength(1);
      expect(run.finish.troubles).toEqual([
        expect.stringMatching(/widgets.example.com app\/one: .*changed meanwhile/),
      ]);
    });
  });

  it("are left out, which is named, where the server finds another object under the name", async () => {
    const immutable = { refused: 422, reason: "Invalid", message: "metadata.uid: field is immutable" };
    const { run } = startRun({ patch: [immutable] });
    await write(run, owned);
    run.owners.note("owner", "owner-new");
    await finishObjects(run);
    expect(run.finish.troubles).toEqual([expect.stringMatching(/changed meanwhile/)]);
  });
});

describe("an object that is there when a restore looks", () => {
  const settle = (given: {
    readonly isResumed: boolean;
    readonly pending?: string;
    readonly data?: { readonly a: string };
  }) => {
    const { isResumed, pending, data = { a: "b" } } = given;
    const { run } = startRun({}, { isResumed });
    const annotations = {
      "kubectl-backup.io/restored-from": MARK,
      ...(pending !== undefined && { [annotationKeys.pendingSteps]: pending }),
    };
    const live = { ...configMap({ uid: "u", resourceVersion: "5", annotations }), data };
    const item = storedItem({});
    const target = { do: "write", kind: item, namespace: "app", name: "one", live: undefined } as const;
    const bytes = Buffer.from(JSON.stringify(configMap()));
    return { run, end: writeItem(run, { item, bytes, target, live: liveState(item, live) }) };
  };

  it("is met by the policy where this restore made it and it has changed since", async () => {
    const same = await settle({ isResumed: true }).end;
    const drifted = await settle({ isResumed: true, data: { a: "c" } }).end;
    expect(same.outcome).toMatchObject({ result: "created" });
    expect(drifted.outcome).toMatchObject({ result: "skipped", reason: "differs" });
  });

  it("goes on record as it was made only where an earlier run left it so", async () => {
    const settled = await settle({ isResumed: true }).end;
    const broken = await settle({ isResumed: true, pending: "owners" }).end;
    const edited = await settle({ isResumed: true, pending: "owners", data: { a: "c" } }).end;
    const made = { made: { version: "v1", digest: expect.any(String) } };
    expect([settled.outcome, broken.outcome]).toMatchObject([made, made]);
    expect(edited.outcome).toEqual({ result: "created", uid: "u", made: undefined });
  });

  it("makes the report incomplete where it lacks the steps of another restore, or steps unknown", async () => {
    const other = settle({ isResumed: false, pending: "status" });
    const unknown = settle({ isResumed: true, pending: "strange" });
    await Promise.all([other.end, unknown.end]);
    expect(other.run.finish.troubles).toEqual([expect.stringMatching(/one.*\(status\)/)]);
    expect(unknown.run.finish.troubles).toEqual([expect.stringMatching(/one.*\(strange\)/)]);
  });
});
