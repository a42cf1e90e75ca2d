import { describe, expect, test } from "vitest";
import { readCommit } from "#core/format/commit-summary.ts";
import { encodeVeleroBackup } from "#core/format/velero-metadata.ts";
import { makeFacts } from "#test/unit/catalog/backup-fixtures.ts";

const LINKS = { manifestSha256: "d1".repeat(32) };

function written(facts = makeFacts("web"), links = LINKS) {
  return JSON.parse(Buffer.from(encodeVeleroBackup(facts, links)).toString());
}

describe("velero-backup.json", () => {
  test("is a Backup object that Velero takes, with our annotations", () => {
    expect(written()).toMatchInlineSnapshot(`
      {
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {
          "annotations": {
            "kubectl-backup.io/cluster-ca-sha256": "ca-digest",
            "kubectl-backup.io/cluster-name": "prod-cluster",
            "kubectl-backup.io/kube-system-uid": "kube-system-uid",
            "kubectl-backup.io/manifest-sha256": "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1",
            "kubectl-backup.io/tool-version": "1.2.3",
            "velero.io/source-cluster-k8s-gitversion": "v1.33.1",
            "velero.io/source-cluster-k8s-major-version": "1",
            "velero.io/source-cluster-k8s-minor-version": "33",
          },
          "creationTimestamp": "2026-05-01T10:00:00Z",
          "labels": {
            "team": "shop",
            "velero.io/storage-location": "default",
          },
          "name": "web",
          "namespace": "velero",
        },
        "spec": {
          "defaultVolumesToFsBackup": false,
          "includedNamespaces": [
            "*",
          ],
          "metadata": {},
          "snapshotMoveData": false,
          "storageLocation": "default",
        },
        "status": {
          "completionTimestamp": "2026-05-01T10:00:09Z",
          "errors": 0,
          "formatVersion": "1",
          "phase": "Completed",
          "progress": {
            "itemsBackedUp": 4,
            "totalItems": 4,
          },
          "startTimestamp": "2026-05-01T10:00:00Z",
          "version": 1,
          "warnings": 0,
        },
      }
    `);
  });

  test("carries an expiration for Velero only when that was asked for", () => {
    const facts = makeFacts("web", { expiresAt: "2026-06-01T00:00:00.000Z" });
    expect(written(facts).status).not.toHaveProperty("expiration");
    const asked = { ...facts, request: { ...facts.request, veleroExpiry: true } };
    expect(written(asked).status.expiration).toBe("2026-06-01T00:00:00Z");
  });

  test("tells what was selected in Velero's words, durations in Go's", () => {
    const facts = makeFacts("web");
    const selection = {
      ...facts.request.selection,
      includeNamespaces: ["shop"],
      excludeResources: ["secrets"],
      includeClusterResources: "false" as const,
    };
    const request = { ...facts.request, selection, ttlSeconds: 90_000 };
    const labelSelector = { matchExpressions: [{ key: "app", operator: "In" as const, values: ["web"] }] };
    expect(written({ ...facts, request }, { ...LINKS, ...{ labelSelector } }).spec).toMatchObject({
      includedNamespaces: ["shop"],
      excludedResources: ["secrets"],
      includeClusterResources: false,
      ttl: "25h0m0s",
      labelSelector,
    });
  });
});

describe("what a commit object says", () => {
  test("comes back from ours without reading anything else", () => {
    expect(readCommit(encodeVeleroBackup(makeFacts("web"), LINKS), "web")).toMatchObject({
      manifestSha256: LINKS.manifestSha256,
      clusterName: "prod-cluster",
      kubeSystemUid: "kube-system-uid",
      itemCount: 4,
      labels: { team: "shop" },
    });
  });

  test("comes from Velero's too, absent lists written as null and unknown fields included", () => {
    const backup = {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: "nightly", labels: null, annotations: null, uid: "u" },
      spec: { includedNamespaces: null, hooks: {}, novelty: [] },
      status: {
        phase: "Completed",
        formatVersion: "1.1.0",
        progress: { totalItems: 9, itemsBackedUp: 8 },
        errors: null,
      },
    };
    const read = readCommit(Buffer.from(JSON.stringify(backup)), "nightly");
    expect(read).toMatchObject({
      phase: "Completed",
      itemCount: 8,
      errorCount: 0,
      labels: {},
      includedNamespaces: [],
    });
    expect(read.manifestSha256).toBeUndefined();
  });

  test.for([
    ["{", "it is not JSON"],
    ["[]", "the whole"],
    ['{"apiVersion":"velero.io/v2","kind":"Backup","metadata":{"name":"web"}}', "apiVersion"],
    ['{"apiVersion":"velero.io/v1","kind":"Restore","metadata":{"name":"web"}}', "kind"],
    ['{"apiVersion":"velero.io/v1","kind":"Backup","metadata":{"name":"other"}}', 'it is of "other"'],
    [
      '{"apiVersion":"velero.io/v1","kind":"Backup","metadata":{"name":"web","labels":{"a":1}}}',
      "metadata.labels.a",
    ],
  ] as const)("is damaged when it is %s", ([text, why]) => {
    expect(() => readCommit(Buffer.from(text), "web")).toThrow(
      expect.objectContaining({ code: "backup-damaged", message: expect.stringContaining(why) }),
    );
  });

  test("of a heap of faults only the first is told: anybody may have written it", () => {
    const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, 0]));
    const includedNamespaces = Array.from({ length: 10_000 }, () => 0);
    const backup = {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: "web", labels, annotations: labels },
      spec: { includedNamespaces },
    };
    expect(() => readCommit(Buffer.from(JSON.stringify(backup)), "web")).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ issues: expect.toSatisfy((all) => all.length === 3) }),
      }),
    );
  });
});
