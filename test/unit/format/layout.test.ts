import { describe, expect, test } from "vitest";
import { backupKey, claimKey, committedBackup, restoreKey, runOfClaim } from "#core/format/layout.ts";

describe("keys", () => {
  test("lie in Velero's folders", () => {
    expect(backupKey("web", "web.tar.gz")).toBe("backups/web/web.tar.gz");
    expect(restoreKey("again", "report.json")).toBe("restores/again/report.json");
  });

  test.for(["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "a\n", `${"x".repeat(300)}`])(
    "are never made of the name %j",
    (name) => {
      expect(() => backupKey(name, "file")).toThrow("is not a valid name");
      expect(() => backupKey("web", name)).toThrow("is not a valid name");
      expect(() => restoreKey("web", name)).toThrow("is not a valid name");
    },
  );
});

test("a claim's file tells its run, other files none", () => {
  expect(runOfClaim(claimKey("backups/web/", "0123abcd", 12).slice("backups/web/".length))).toBe("0123abcd");
  for (const file of [
    "kubectl-backup-claim-.json",
    "kubectl-backup-claim-a-1.json.sig",
    "kubectl-backup.json",
  ]) {
    expect(runOfClaim(file)).toBeUndefined();
  }
});

test("only velero-backup.json directly in a backup's folder commits it", () => {
  expect(committedBackup("backups/v1.nightly/velero-backup.json")).toBe("v1.nightly");
  for (const key of [
    "backups/web/web.tar.gz",
    "backups/web/deeper/velero-backup.json",
    "backups/velero-backup.json",
    "backups/../velero-backup.json",
    "restores/web/velero-backup.json",
  ]) {
    expect(committedBackup(key)).toBeUndefined();
  }
});
