import { expect, test } from "vitest";
import { protectChange, unprotectChange, wantedUnprotection } from "#plugin/requests/protection-request.ts";

const NOW = new Date("2030-01-01T10:00:00.500Z");

test("protecting sets the label and only what is given beside it", () => {
  expect(protectChange({})).toEqual({ labels: { "kubectl-backup.io/protect": "true" }, annotations: {} });
  expect(protectChange({ maxAge: "4h", tier: "high", volumes: "waived" })).toEqual({
    labels: { "kubectl-backup.io/protect": "true", "kubectl-backup.io/tier": "high" },
    annotations: { "kubectl-backup.io/max-age": "4h", "kubectl-backup.io/volumes": "waived" },
  });
});

test.each(["soon", "0s", "-1h", ""])("a max-age of %j is refused", (maxAge) => {
  expect(() => protectChange({ maxAge })).toThrow(/--max-age/);
});

test("unprotecting for good takes the label off and leaves the rest", () => {
  expect(unprotectChange(wantedUnprotection({}), NOW)("prod")).toEqual({
    labels: { "kubectl-backup.io/protect": null },
  });
});

test("unprotecting once names each namespace, the time by the server's clock, and the reason", () => {
  const change = unprotectChange(wantedUnprotection({ once: true, for: "90m", reason: " INC-42 " }), NOW);
  expect(change("prod")).toEqual({
    annotations: {
      "kubectl-backup.io/skip-final-backup": "prod; until=2030-01-01T11:30:00Z; reason=INC-42",
    },
  });
});

test.each([
  ["a time without --once", { for: "1h" }, /go with --once/],
  ["a reason without --once", { reason: "x" }, /go with --once/],
  ["no time", { once: true, reason: "x" }, /needs --for and --reason/],
  ["no reason", { once: true, for: "1h" }, /needs --for and --reason/],
  ["a blank reason", { once: true, for: "1h", reason: "  " }, /needs --for and --reason/],
  ["more than a day", { once: true, for: "25h", reason: "x" }, /at most 24h/],
  ["no time at all", { once: true, for: "0s", reason: "x" }, /at most 24h/],
])("%s is refused", (_, given, message) => {
  expect(() => wantedUnprotection(given)).toThrow(message);
});
