import { expect, test } from "vitest";
import type { RestoreReport } from "#core/restore/report.ts";
import { restoreNotices, restoreSummary } from "#plugin/ui/restore-report.ts";

const report: RestoreReport = {
  restore: "b1-20260102-030405",
  id: "5f0e8c3e-7d5e-4c0e-9d53-0d6c2a5f1b11",
  backup: "b1",
  target: { contextName: "east", clusterName: "east", server: "https://east", relation: "same" },
  startedAt: "2026-01-02T03:04:05.000Z",
  finishedAt: "2026-01-02T03:04:06.200Z",
  complete: true,
  counts: { created: 1, updated: 0, recreated: 0, deleted: 0, unchanged: 5, skipped: 4, failed: 0 },
  reasons: { "auto-made": 2, "owner-exists": 1, differs: 1 },
  held: [],
  claims: [],
  reaches: [],
  mentions: [],
  failed: [],
  differing: [],
  warned: [],
  missing: [],
  leftOut: [],
  neverRestored: [{ resource: "nodes", count: 3, reason: "describes a machine" }],
  notReady: [],
  hooks: [],
  troubles: [],
  pulledIn: [],
  unmet: [],
  warnings: ["odd\u001b[2J name"],
  notes: [],
  seconds: {},
  storedAt: "file:///backups/restores/b1-20260102-030405/",
};

test("the summary speaks in people's words and fits a terminal of 80 columns", () => {
  const text = restoreSummary(report);
  expect(text).toBe(`restore/b1-20260102-030405 completed in 1.2s
1 created, 0 updated, 5 unchanged, 4 skipped, 0 failed
not written:
  2 made by the cluster itself
  1 left to an owner that exists
  1 differing from the backup
1 object can be made as in the backup with --existing update
never restored: 3 nodes (describes a machine)
report: file:///backups/restores/b1-20260102-030405/
`);
});

test("warnings stand apart from the summary, which -q leaves out", () => {
  expect(restoreNotices(report)).toBe("warning: odd\\x1b[2J name\n");
  expect(restoreSummary(report)).not.toContain("odd");
});

test("hooks that failed stand with what did not come back, those that nobody misses in the summary", () => {
  const place = {
    hook: "exec",
    group: "apps",
    resource: "deployments",
    namespace: "shop",
    name: "db",
  } as const;
  const hooks: RestoreReport["hooks"] = [
    { ...place, pod: "db-1", container: "pg", result: "ran" },
    { ...place, pod: "db-2", container: "pg", result: "failed", message: "exit code 7" },
    { ...place, container: "pg", result: "not-run", message: "it is scaled to 0", isIdle: true },
  ];
  expect(restoreNotices({ ...report, hooks })).toContain(
    "hook of deployments.apps shop/db (pod db-2, container pg) failed: exit code 7\n",
  );
  expect(restoreSummary({ ...report, hooks })).toContain(
    "hooks: 1 ran, 1 failed, 1 not run\n  hook of deployments.apps shop/db (container pg) did not run: it is scaled to 0\n",
  );
});
