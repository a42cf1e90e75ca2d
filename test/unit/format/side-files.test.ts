import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodeResourceList, encodeResults, encodeVolumeInfo, logLine } from "#core/format/side-files.ts";
import { makeFacts } from "#test/unit/catalog/backup-fixtures.ts";

const unpacked = (bytes: Uint8Array) => JSON.parse(gunzipSync(bytes).toString());

test("a log line stays one line, as logrus writes it", () => {
  expect(logLine(new Date("2026-05-01T10:00:00.123Z"), "warning", 'a "quoted"\nline')).toBe(
    'time="2026-05-01T10:00:00Z" level=warning msg="a \\"quoted\\"\\nline"\n',
  );
});

test("results are told per namespace and for the cluster, empty parts left out", () => {
  const facts = makeFacts("web", {
    errors: [{ message: "e1" }, { message: "e2", namespace: "shop" }, { message: "e3", namespace: "shop" }],
  });
  expect(unpacked(encodeResults(facts))).toEqual({
    errors: { cluster: ["e1"], namespaces: { shop: ["e2", "e3"] } },
    warnings: {},
  });
});

test("claims whose volume is known are told as skipped volumes with the reason", () => {
  const claim = { uid: "u", captured: "none" as const, reason: "no volume support" };
  const namespace = {
    name: "shop",
    firstListAt: "2026-05-01T10:00:00Z",
    itemCount: 2,
    excludedByLabel: 0,
    kindsNotRead: [],
    claims: [
      { ...claim, name: "data", volumeName: "pv-1" },
      { ...claim, name: "unbound" },
    ],
    complete: true,
  };
  expect(unpacked(encodeVolumeInfo({ namespaces: [namespace] }))).toEqual([
    {
      pvcName: "data",
      pvcNamespace: "shop",
      pvName: "pv-1",
      snapshotDataMoved: false,
      preserveLocalSnapshot: false,
      skipped: true,
      skippedReason: "no volume support",
    },
  ]);
  expect(unpacked(encodeVolumeInfo({ namespaces: [] }))).toEqual([]);
});

test("a resource list that fills several gzip members is one JSON document to every reader", async () => {
  const kind = {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    resource: "roles",
    kind: "Role",
    namespaced: true,
    count: 60_000,
    namespaces: { shop: 60_000 },
  };
  const names = Array.from({ length: 60_000 }, (_, n) => `system:"role"-${n}`);
  const chunks: Uint8Array[] = [];
  const keysOf = () => names.map((name) => ({ namespace: "shop", name }));
  for await (const chunk of encodeResourceList([kind], keysOf)) chunks.push(chunk);
  expect(chunks.length).toBeGreaterThan(1);
  expect(unpacked(Buffer.concat(chunks))).toEqual({
    "rbac.authorization.k8s.io/v1/Role": names.map((name) => `shop/${name}`),
  });
});
