import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredItem } from "#core/catalog/catalog.ts";
import { TIERS } from "#core/model/tier.ts";
import { classify, compareWaves, type Wave } from "#core/restore/tiers.ts";
import { type Place, WaveBook } from "#core/restore/wave-book.ts";

const TIER = "kubectl-backup.io/tier";
const ORDER = "kubectl-backup.io/restore-order";

interface Sketch {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: string;
}

function item({ kind, namespace = "", name, labels = {}, owner }: Sketch): StoredItem {
  const [resource = "", ...group] = kind.split(".");
  return {
    group: group.join("."),
    version: "v1",
    resource,
    kind: resource,
    namespaced: namespace !== "",
    namespace,
    name,
    uid: `${kind}/${namespace}/${name}`,
    resourceVersion: "1",
    labels,
    ownerUids: owner === undefined ? [] : [owner],
    terminating: false,
    sizeBytes: 1,
  };
}

function bookOf(items: readonly StoredItem[], namespaces: Readonly<Record<string, object>> = {}): WaveBook {
  const book = new WaveBook({
    namespaces: new Map(Object.entries(namespaces).map(([name, labels]) => [name, classify({ ...labels })])),
    orders: new Map(),
    ownerUids: new Set(items.flatMap(({ ownerUids }) => ownerUids)),
  });
  for (const one of items) book.note(one);
  return book;
}

/** first before every wave before last. */
function comesBefore(left: Place, right: Place): boolean {
  if (left === right) return false;
  if (left === "first" || right === "last") return true;
  if (right === "first" || left === "last") return false;
  return compareWaves(left, right) < 0;
}

const label = fc.record(
  { [TIER]: fc.constantFrom(...TIERS, "gold"), [ORDER]: fc.integer({ min: 0, max: 3 }).map(String) },
  { requiredKeys: [] },
);
const namespaces = fc.dictionary(fc.constantFrom("a", "b", "c"), label);
const labelled = (kinds: readonly string[]) =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    namespace: fc.constantFrom("a", "b", "c"),
    name: fc.stringMatching(/^[a-z]{1,3}$/),
    labels: label,
  });
const workloads = fc.array(labelled(["deployments.apps", "statefulsets.apps", "pods", "jobs.batch"]));
const others = fc.array(
  labelled([
    "configmaps",
    "secrets",
    "serviceaccounts",
    "services",
    "persistentvolumeclaims",
    "networkpolicies.networking.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
  ]),
);

describe("waves", () => {
  it("never bring anything that starts pods before its namespace, or before what lies beside it and it may need", () => {
    fc.assert(
      fc.property(workloads, others, namespaces, (starting, beside, marks) => {
        const [starters, needed] = [starting.map(item), beside.map(item)];
        const book = bookOf([...needed, ...starters], marks);
        for (const starter of starters) {
          const place = book.placeOf(starter);
          const parents = needed.filter(({ namespace }) => namespace === starter.namespace);
          for (const one of [...parents, item({ kind: "namespaces", name: starter.namespace })]) {
            expect(comesBefore(place, book.placeOf(one))).toBe(false);
          }
          const scoped = item({ kind: "storageclasses.storage.k8s.io", name: "fast" });
          expect(comesBefore(place, book.placeOf(scoped))).toBe(false);
        }
      }),
    );
  });

  it("never turn tiers round", () => {
    fc.assert(
      fc.property(workloads, namespaces, (sketches, marks) => {
        const starters = sketches.map(item);
        const book = bookOf(starters, marks);
        const rankOf = ({ labels, namespace }: StoredItem) => {
          const tier = classify(labels).tier ?? classify({ ...marks[namespace] }).tier ?? "normal";
          return TIERS.indexOf(tier);
        };
        const pairs = starters.flatMap((left) => starters.map((right) => [left, right] as const));
        for (const [left, right] of pairs.filter(([one, other]) => rankOf(one) < rankOf(other))) {
          expect(comesBefore(book.placeOf(left), book.placeOf(right))).toBe(true);
        }
      }),
    );
  });

  it("never bring autoscalers and budgets before anything of their namespace that starts pods", () => {
    fc.assert(
      fc.property(workloads, namespaces, (sketches, marks) => {
        const starters = sketches.map(item);
        const book = bookOf(starters, marks);
        for (const starter of starters) {
          const { namespace } = starter;
          const budget = item({ kind: "poddisruptionbudgets.policy", namespace, name: "x" });
          expect(comesBefore(book.placeOf(budget), book.placeOf(starter))).toBe(false);
        }
      }),
    );
  });

  it("bring what a Deployment owns with it, whatever label it bears: it would be made anew", () => {
    const web = item({
      kind: "deployments.apps",
      namespace: "a",
      name: "web",
      labels: { [TIER]: "low" },
    });
    const set = { kind: "replicasets.apps", namespace: "a", name: "web-1", owner: web.uid };
    const book = bookOf([web, item(set), item({ ...set, labels: { [TIER]: "critical" } })]);
    expect(book.placeOf(item(set))).toEqual(book.placeOf(web));
    expect(book.placeOf(item({ ...set, labels: { [TIER]: "critical" } }))).toEqual(book.placeOf(web));
  });

  it("go by the namespace's tier where an object has none, and by normal where neither has", () => {
    const pods = (namespace: string, labels = {}) => item({ kind: "pods", namespace, name: "p", labels });
    const book = bookOf([], { a: { [TIER]: "high" }, b: {} });
    const wave = (tier: string): Partial<Wave> => ({ tier: tier as Wave["tier"] }); // a tier by its word
    expect(book.placeOf(pods("a"))).toMatchObject(wave("high"));
    expect(book.placeOf(pods("a", { [TIER]: "none" }))).toMatchObject(wave("none"));
    expect(book.placeOf(pods("b"))).toMatchObject(wave("normal"));
  });

  it("go within a tier by the order of namespaces, then by that of objects", () => {
    const pod = (namespace: string, order: string) =>
      item({ kind: "pods", namespace, name: order, labels: { [ORDER]: order } });
    const book = bookOf([], { a: { [ORDER]: "2" }, b: { [ORDER]: "1" } });
    const places = [pod("b", "7"), pod("b", "10"), pod("a", "1")].map((one) => book.placeOf(one));
    for (const [index, place] of places.slice(1).entries()) {
      expect(comesBefore(places[index] ?? "last", place)).toBe(true);
    }
  });

  it("keep what could refuse others for the end", () => {
    const kind = "validatingwebhookconfigurations.admissionregistration.k8s.io";
    expect(bookOf([]).placeOf(item({ kind, name: "guard", labels: { [TIER]: "critical" } }))).toBe("last");
  });
});

describe("a label that means nothing", () => {
  it("is named, and taken as normal or as no order", () => {
    expect(classify({ [TIER]: "gold", [ORDER]: "soon" })).toEqual({
      tier: "normal",
      order: 0,
      warnings: [expect.stringContaining("tier=gold"), expect.stringContaining("restore-order=soon")],
    });
    expect(
      bookOf([item({ kind: "pods", namespace: "a", name: "p", labels: { [TIER]: "x" } })]).warnings,
    ).toEqual([expect.stringMatching(/^pods a\/p: .*taken as normal/)]);
  });

  it("is none for an order below zero, which an annotation may say", () => {
    expect(classify({}, "-3")).toMatchObject({ order: -3, warnings: [] });
  });
});
