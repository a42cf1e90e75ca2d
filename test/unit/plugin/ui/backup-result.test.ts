import { expect, test } from "vitest";
import { backupNotices } from "#plugin/ui/backup-result.ts";

test("every error and warning of a backup is told, errors first, with its namespace and without control characters", () => {
  const facts = {
    errors: [{ message: "secrets could not be read", namespace: "shop" }],
    warnings: [{ message: "odd\u001b[2J name" }],
  };
  // Only the notices are looked at.
  expect(backupNotices(facts as unknown as Parameters<typeof backupNotices>[0])).toBe(
    "error: shop: secrets could not be read\nwarning: odd\\x1b[2J name\n",
  );
});
