import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { stringifyExact } from "#core/objects/exact-json.ts";
import { decideItem } from "#core/restore/decide.ts";
import { intendedOf } from "#core/restore/intended.ts";
import { ReachBook, reachesOf } from "#core/restore/outside/reaches.ts";
import type { TakenHosts } from "#core/restore/outside/taken-hosts.ts";
import type { RuleFacts, SnapshotContentFate } from "#core/restore/rule.ts";
import { targetName } from "#core/restore/target-name.ts";
import { transformItem } from "#core/restore/transform.ts";
import { factsFor, storedItem } from "#test/unit/restore/rules-fixture.ts";

const NOBODY: TakenHosts = { other: () => undefined, warnings: [] };
const COPY = { namespaceMapping: { app: "app-copy" } };

interface Given {
  readonly kind: {
    readonly resource: string;
    readonly group?: string;
    readonly namespaced?: boolean;
    readonly namespace?: string;
  };
  readonly object: ExactObject;
  readonly request?: Record<string, unknown>;
  readonly hosts?: TakenHosts;
  readonly facts?: Partial<RuleFacts>;
}

/** What an object of the namespace `app` reaches after its rules. */
function reached({ kind, object, request = {}, hosts = NOBODY, facts }: Given) {
  const item = storedItem(kind);
  const rules = factsFor(request, facts);
  const bytes = Buffer.from(
    stringifyExact({
      ...object,
      metadata: { namespace: "app", name: "one", ...(object["metadata"] as object) },
    }),
  );
  const { ruling, original } = transformItem(item, bytes, rules);
  if (ruling.verdict !== "restore") throw new Error(`skipped: ${ruling.reason}`);
  const target = { namespace: rules.mapNamespace("app"), name: targetName(item, rules) };
  const written = { item, target, original, object: ruling.object, intended: intendedOf(ruling) };
  return reachesOf(written, { rules, hosts }).map(({ reach, withheld }) => `${reach} ${withheld}`);
}

describe("what an object reaches outside the cluster", () => {
  const service = { kind: { resource: "services" }, object: { spec: { type: "LoadBalancer" } } };
  const cronJob = {
    kind: { resource: "cronjobs", group: "batch" },
    object: { spec: { schedule: "* * * * *" } },
  };

  it.each([
    { what: "a LoadBalancer Service", given: service, reach: "load-balancer" },
    { what: "a CronJob", given: cronJob, reach: "cron-job" },
  ])(
    "of $what is left as it is in place, withheld from a copy, and let through on request",
    ({ given, reach }) => {
      expect(reached(given)).toEqual([`${reach} false`]);
      expect(reached({ ...given, request: COPY })).toEqual([`${reach} true`]);
      expect(reached({ ...given, request: { ...COPY, includeExternal: true } })).toEqual([`${reach} false`]);
    },
  );

  it("is nothing for a suspended CronJob, an inner Service, and most objects", () => {
    const suspended = { spec: { schedule: "* * * * *", suspend: true } };
    expect(reached({ ...cronJob, object: suspended })).toEqual([]);
    expect(reached({ ...service, object: { spec: { type: "ClusterIP" } } })).toEqual([]);
    expect(reached({ kind: { resource: "configmaps" }, object: {}, request: COPY })).toEqual([]);
  });

  it("is a host where another object of the cluster has it", () => {
    const ingress = { resource: "ingresses", group: "networking.k8s.io" };
    const object = { spec: { rules: [{ host: "shop.example" }, { host: "free.example" }, {}] } };
    const hosts: TakenHosts = {
      other: (_kind, host) => (host === "shop.example" ? "ingresses shop/web" : undefined),
      warnings: [],
    };
    expect(reached({ kind: ingress, object, hosts })).toEqual(["host false"]);
  });

  it("is the snapshot of the original for a copy's content, and for one beside the original's", () => {
    const reference = { namespace: "app", name: "cut" };
    const content = {
      kind: {
        resource: "volumesnapshotcontents",
        group: "snapshot.storage.k8s.io",
        namespaced: false,
        namespace: "",
      },
      object: { spec: { source: { snapshotHandle: "h" }, volumeSnapshotRef: reference } },
    };
    expect(reached(content)).toEqual([]);
    expect(reached({ ...content, request: COPY })).toEqual(["snapshot-handle false"]);
    expect(reached({ ...content, facts: { otherCluster: true } })).toEqual(["snapshot-handle false"]);
    const other: SnapshotContentFate = { fate: "restored", name: "other" };
    const facts = { snapshotContents: new Map([["one", other]]) };
    expect(reached({ ...content, facts })).toEqual(["snapshot-handle false"]);
  });

  it("is, of a copy alone, a mark that lets another tool take it for the original", () => {
    const metadata = {
      annotations: {
        "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:app/one",
        "meta.helm.sh/release-namespace": "elsewhere",
      },
    };
    const marked = { kind: { resource: "configmaps" }, object: { metadata } };
    expect(reached(marked)).toEqual([]);
    // Under another name the mappings take the tracking away.
    expect(reached({ ...marked, request: COPY })).toEqual(["helm false"]);
    expect(reached({ ...marked, facts: { otherCluster: true } })).toEqual(["tracking false"]);
  });
});

describe("an object of a kind that owns something outside", () => {
  const item = storedItem({ resource: "buckets", group: "s3.services.k8s.aws", kind: "Bucket" });
  const decided = (request: Record<string, unknown>, more = {}) =>
    decideItem(item, {
      rules: factsFor(request, more),
      existing: { find: () => undefined, defaultClasses: new Map(), warnings: [] },
      targetKind: (kind) => ({ served: true, kind }),
      held: new Map(),
    });

  it("is skipped under another name and in another cluster, unless asked for, and never in place", () => {
    expect(decided(COPY)).toMatchObject({ do: "skip", reason: "reaches-outside" });
    expect(decided({}, { otherCluster: true })).toMatchObject({ do: "skip", reason: "reaches-outside" });
    expect(decided({ ...COPY, includeExternal: true })).toMatchObject({ do: "write" });
    expect(decided({})).toMatchObject({ do: "write" });
  });
});

describe("the list of a large restore", () => {
  it("stays small", () => {
    const book = new ReachBook();
    const one = {
      reach: "host" as const,
      group: "",
      resource: "services",
      namespace: "app",
      name: "one",
      message: "m",
      withheld: false,
    };
    for (let n = 0; n < 300; n += 1) book.add([one, one, one, one]);
    expect(book.reaches).toHaveLength(1_000);
  });
});
