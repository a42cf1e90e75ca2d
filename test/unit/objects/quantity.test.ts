import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatQuantity, parseQuantity } from "#core/objects/quantity.ts";

describe("a quantity", () => {
  it.for([
    ["1", 1_000_000_000n],
    ["100m", 100_000_000n],
    ["1.5Gi", 1_610_612_736_000_000_000n],
    ["0.5", 500_000_000n],
    [".5", 500_000_000n],
    ["2e3", 2_000_000_000_000n],
    ["25E-1", 2_500_000_000n],
    ["1E", 10n ** 27n],
    ["9223372036854775807", 9_223_372_036_854_775_807_000_000_000n],
    ["-1k", -1_000_000_000_000n],
    ["0.0000000001", 1n],
  ] as const)("is read exactly: %s", ([text, billionths]) => {
    expect(parseQuantity(text)).toBe(billionths);
  });

  it.for(["", "m", "1 Gi", "1gi", "1.2.3", "ten", "1K", "0x1"])("is not one: %j", (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it("is written in the largest unit that says it exactly, and read back the same", () => {
    expect(formatQuantity(1_500_000_000n, "2")).toBe("1500m");
    expect(formatQuantity(3n * 2n ** 30n * 10n ** 9n, "10Gi")).toBe("3Gi");
    expect(formatQuantity(0n, "1Gi")).toBe("0");
    const amounts = fc.bigInt({ min: 0n, max: 10n ** 30n });
    fc.assert(
      fc.property(amounts, fc.constantFrom("1", "1Gi"), (amount, like) => {
        expect(parseQuantity(formatQuantity(amount, like))).toBe(amount);
      }),
    );
  });
});
