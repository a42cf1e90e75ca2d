import { expect, test } from "vitest";
import type { KindRecord } from "#core/model/backup.ts";
import { backupNotices, rightsHint } from "#plugin/ui/backup-result.ts";

type Facts = Parameters<typeof backupNotices>[0];

const facts = (given: Partial<Facts>): Facts => ({
  kinds: [],
  createdBy: {},
  errors: [],
  warnings: [],
  ...given,
});

function refusedRecord(resource: string, namespaces: string[]): KindRecord {
  const times = { startedAt: "2026-01-02T03:04:05Z", finishedAt: "2026-01-02T03:04:05Z" };
  const error = { code: "cluster-forbidden", message: "forbidden: a long story", namespaces };
  const kind = { group: "", version: "v1", resource, kind: resource, namespaced: true };
  return { ...kind, ...times, method: "none", count: 0, consistent: false, error };
}

test("every error and warning of a backup is told, errors first, with its namespace and without control characters", () => {
  const told = backupNotices(
    facts({
      errors: [{ message: "secrets could not be read", namespace: "shop" }],
      warnings: [{ message: "odd\u001b[2J name" }],
    }),
  );
  expect(told).toBe("error: shop: secrets could not be read\nwarning: odd\\x1b[2J name\n");
});

test("forbidden kinds are one line that names them, not one long line each", () => {
  const refused = (kind: string, namespace?: string) => ({
    message: `${kind} could not be read: forbidden: a long story`,
    ...(namespace !== undefined && { namespace }),
    refusedKind: kind,
  });
  const given = facts({
    kinds: [
      refusedRecord("secrets", ["shop"]),
      refusedRecord("pods", ["shop"]),
      refusedRecord("jobs", ["a", "b"]),
    ],
    createdBy: { user: "eve" },
    errors: [
      refused("secrets", "shop"),
      { message: "odd", namespace: "shop" },
      refused("pods", "shop"),
      refused("jobs"),
    ],
    warnings: [refused("storageclasses.storage.k8s.io")],
  });
  expect(backupNotices(given)).toBe(`error: shop: odd
error: 2 kinds may not be read in shop by eve: pods, secrets
error: 1 kind may not be read in a, b by eve: jobs
warning: nothing is included of 1 kind beside the selection that may not be read by eve: storageclasses.storage.k8s.io
`);
  expect(rightsHint(given)).toBe("kubectl backup rbac backup prints the rights that are needed");
  expect(rightsHint(facts({ errors: [{ message: "the disk is full" }] }))).toBeUndefined();
});

test("whoever saved all of the selection is not sent back to the Role that he has", () => {
  const message = "related clusterrolebindings could not be read (all): forbidden";
  const warnings = [{ message, refusedKind: "clusterrolebindings.rbac.authorization.k8s.io" }];
  expect(rightsHint(facts({ warnings }))).toBe(
    "kubectl backup rbac backup --include-cluster-resources prints the rights for that too: to read all cluster-scoped kinds",
  );
});
