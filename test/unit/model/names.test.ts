import { expect, test } from "vitest";
import { relateClusters } from "#core/model/cluster-identity.ts";
import { goDuration, parseDuration } from "#core/model/duration.ts";
import { backupName, generatedName, generatedRestoreName } from "#core/model/names.ts";
import { didYouMean } from "#core/model/nearest.ts";

test.each(["a", "shop-1", "a".repeat(63)])("%s is a name", (name) => {
  expect(backupName.safeParse(name).success).toBe(true);
});

test.each(["", "-a", "a-", "A", "a.b", "a/b", "..", "a".repeat(64), "con", "com1", "create", "restore"])(
  "%j is refused as a name",
  (name) => {
    expect(backupName.safeParse(name).success).toBe(false);
  },
);

test("a generated name is lower-cased, cleaned, cut and carries UTC time", () => {
  const time = new Date("2026-01-02T03:04:05Z");
  expect(generatedName("Prod.EU/west", time)).toBe("prod-eu-west-20260102-030405");
  expect(generatedName("x".repeat(99), time)).toHaveLength(63);
  expect(generatedName("///", time)).toBe("backup-20260102-030405");
});

test("a restore's name tells two of one second apart and fits", () => {
  const time = new Date("2026-01-02T03:04:05Z");
  expect(generatedRestoreName("b1", time, "0a1b2c3d-4e5f")).toBe("b1-20260102-030405-0a1b2");
  expect(generatedRestoreName("x".repeat(63), time, "0a1b2c3d")).toHaveLength(63);
});

test("durations are Go's plus days and weeks", () => {
  expect(parseDuration("1h30m", "--ttl")).toBe(5400);
  expect(parseDuration("1w2d", "--ttl")).toBe(777_600);
  expect(() => parseDuration("5 apples", "--ttl")).toThrow("not a duration");
  expect(() => parseDuration("", "--ttl")).toThrow("not a duration");
  expect(goDuration(2_592_000)).toBe("720h0m0s");
});

test("clusters are the same when any id of a kind is equal, another when ids differ, else unknown", () => {
  expect(relateClusters({ kubeSystemUid: "u", caSha256: "x" }, { kubeSystemUid: "u", caSha256: "y" })).toBe(
    "same",
  );
  expect(relateClusters({ caSha256: "x" }, { kubeSystemUid: "u", caSha256: "x" })).toBe("same");
  expect(relateClusters({ kubeSystemUid: "u" }, { kubeSystemUid: "v" })).toBe("other");
  expect(relateClusters({ kubeSystemUid: "u" }, { caSha256: "x" })).toBe("unknown");
});

test("a mistyped word finds its neighbour, a foreign one none", () => {
  expect(didYouMean("restor", ["restore", "get"])).toBe('did you mean "restore"?');
  expect(didYouMean("xyzzy", ["restore", "get"])).toBeUndefined();
});
