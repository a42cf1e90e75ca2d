import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { ItemKind } from "#core/model/item.ts";
import {
  type ExactJson,
  type ExactObject,
  isExactList,
  isExactObject,
  parseExact,
} from "#core/objects/exact-json.ts";
import { isAsMade, madeOf } from "#core/restore/made.ts";
import { mergePatch } from "#core/restore/merge-patch.ts";
import type { LaterStep } from "#core/restore/rule.ts";

const kindOf = (resource: string, group: string, kind: string): ItemKind => ({
  group,
  version: "v1",
  resource,
  kind,
  namespaced: true,
});
const CONFIG_MAP = kindOf("configmaps", "", "ConfigMap");
const DEPLOYMENT = kindOf("deployments", "apps", "Deployment");
const REPLICA_SET = kindOf("replicasets", "apps", "ReplicaSet");
const CRON_JOB = kindOf("cronjobs", "batch", "CronJob");
const SERVICE = kindOf("services", "", "Service");
const WEBHOOKS = kindOf(
  "validatingwebhookconfigurations",
  "admissionregistration.k8s.io",
  "ValidatingWebhookConfiguration",
);
const WIDGET = kindOf("widgets", "example.com", "Widget");

const metadata = { name: "one", namespace: "app", labels: { a: "b" }, annotations: { c: "d" } };

interface Case {
  readonly kind: ItemKind;
  readonly object: ExactObject;
  readonly later?: readonly LaterStep[];
  readonly isScaled?: boolean;
}

/** Whether the object still counts as the restore's own after this merge patch. */
function survives({ kind, object, later = [], isScaled = false }: Case, patch: ExactObject): boolean {
  const made = madeOf(kind, object, later);
  const answer = later.reduce<ExactObject>((sum, step) => mergePatch(sum, step.patch), object);
  return isAsMade(JSON.parse(JSON.stringify(made)), { kind, live: mergePatch(answer, patch), isScaled });
}

const configMap = { kind: CONFIG_MAP, object: { apiVersion: "v1", metadata, data: { k: "v" } } };
const deployment = { kind: DEPLOYMENT, object: { metadata, spec: { replicas: 1, paused: false } } };
const replicaSet = {
  kind: REPLICA_SET,
  object: { metadata: { ...metadata, labels: { "pod-template-hash": "x" } }, spec: { replicas: 1 } },
};
const unSuspend = { name: "un-suspend", patch: { spec: { suspend: false } } };
const cronJob = { kind: CRON_JOB, object: { metadata, spec: { suspend: true } }, later: [unSuspend] };
const injected = {
  kind: WEBHOOKS,
  object: {
    metadata: { name: "guard", annotations: { "cert-manager.io/inject-ca-from": "app/tls" } },
    webhooks: [{ name: "a", clientConfig: { url: "https://a" } }],
  },
};
const withCa = [{ name: "a", clientConfig: { url: "https://a", caBundle: "Y2E=" } }];

/** As a server that writes an object's keys in another order would send it. */
function turned(value: ExactJson): ExactJson {
  if (isExactList(value)) return value.map(turned);
  if (!isExactObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]): [string, ExactJson] => [key, turned(inner)])
      .toReversed(),
  );
}

test("an object counts as made in whatever order its keys come, and not with another value at any of them", () => {
  const data = fc.dictionary(fc.string(), fc.json().map(parseExact), { minKeys: 1 });
  fc.assert(
    fc.property(data, fc.nat(), (spec, at) => {
      const object = {
        metadata,
        spec: { ...spec, raw: parseExact('{"__proto__":{"b":1,"a":9007199254740993}}') },
      };
      const made = madeOf(WIDGET, object, []);
      const like = (live: ExactJson) =>
        isAsMade(made, { kind: WIDGET, live: isExactObject(live) ? live : {}, isScaled: false });
      expect(like(turned(object))).toBe(true);
      const keys = Object.keys(spec).filter((key) => !["replicas", "raw", "__proto__"].includes(key));
      const key = keys[at % Math.max(1, keys.length)];
      if (key === undefined) return;
      const other = [spec[key] ?? null];
      expect(like(turned({ ...object, spec: { ...object.spec, [key]: other } }))).toBe(false);
    }),
  );
});

describe("an edit is", () => {
  it.each<[string, Case, ExactObject]>([
    ["a changed value", configMap, { data: { k: "other" } }],
    ["an added value", configMap, { data: { more: "v" } }],
    ["a value that was taken out", configMap, { data: null }],
    ["an added label", configMap, { metadata: { labels: { x: "y" } } }],
    ["a label that was taken off", configMap, { metadata: { labels: null } }],
    ["an added annotation", configMap, { metadata: { annotations: { x: "y" } } }],
    ["a number of replicas that nobody but users sets", deployment, { spec: { replicas: 2 } }],
    ["a Deployment's annotation", deployment, { metadata: { annotations: { x: "y" } } }],
    ["a changed spec beside an autoscaler", { ...deployment, isScaled: true }, { spec: { paused: true } }],
    ["a CronJob that was suspended by hand", cronJob, { spec: { suspend: true } }],
    ["a changed webhook beside an injected certificate", injected, { webhooks: [{ name: "b" }] }],
    [
      "a certificate that nobody injects",
      { kind: WEBHOOKS, object: { ...injected.object, metadata: { name: "guard" } } },
      { webhooks: withCa },
    ],
  ])("%s", (_, given, patch) => {
    expect(survives(given, {})).toBe(true);
    expect(survives(given, patch)).toBe(false);
  });
});

describe("no edit is", () => {
  it.each<[string, Case, ExactObject]>([
    ["a status", { kind: WIDGET, object: { metadata, spec: {} } }, { status: { phase: "Good" } }],
    ["a finalizer of an operator", configMap, { metadata: { finalizers: ["example.com/operator"] } }],
    ["an owner", configMap, { metadata: { ownerReferences: [{ uid: "u" }] } }],
    [
      "who manages which field",
      configMap,
      { metadata: { managedFields: [{ manager: "m" }], generation: 7 } },
    ],
    ["our own mark", configMap, { metadata: { annotations: { "kubectl-backup.io/last-backup": "b" } } }],
    [
      "a Deployment's revision",
      deployment,
      { metadata: { annotations: { "deployment.kubernetes.io/revision": "1" } } },
    ],
    ["what an autoscaler has scaled", { ...deployment, isScaled: true }, { spec: { replicas: 9 } }],
    ["what its Deployment tells a ReplicaSet", replicaSet, { metadata: { annotations: { x: "y" } } }],
    ["a CronJob that was released at the end", cronJob, {}],
    [
      "a CronJob that the restore could not release",
      cronJob,
      {
        metadata: { annotations: { "kubectl-backup.io/pending-steps": "un-suspend" } },
        spec: { suspend: true },
      },
    ],
    [
      "an address that the server gives",
      { kind: SERVICE, object: { metadata, spec: { ports: [{ port: 80 }] } } },
      { spec: { clusterIP: "10.0.0.9", ports: [{ port: 80, nodePort: 30_001 }] } },
    ],
    ["a certificate that cert-manager injects", injected, { webhooks: withCa }],
  ])("%s", (_, given, patch) => {
    expect(survives(given, patch)).toBe(true);
  });
});

it("tells apart numbers beyond 2^53", () => {
  const replicas = (number: string) => parseExact(`{"spec":{"replicas":${number}}}`) as ExactObject; // an object
  const made = madeOf(WIDGET, replicas("9007199254740993"), []);
  const isSame = (number: string) =>
    isAsMade(made, { kind: WIDGET, live: replicas(number), isScaled: false });
  expect([isSame("9007199254740993"), isSame("9007199254740995")]).toEqual([true, false]);
});
