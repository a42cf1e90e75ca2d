import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { noteBuffers } from "#core/flow/buffer-garbage.ts";

const MIB = 1024 * 1024;

// Other tests of this process may have read something.
beforeEach(() => noteBuffers(8 * MIB));

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function holding(mib: number): void {
  vi.spyOn(process, "memoryUsage").mockReturnValue({ ...process.memoryUsage(), arrayBuffers: mib * MIB });
}

it("asks for a small collection after every 8 MiB of buffers", () => {
  const gc = vi.fn();
  holding(10);
  vi.stubGlobal("gc", gc);
  for (let mib = 0; mib < 7; mib += 1) noteBuffers(MIB);
  expect(gc).not.toHaveBeenCalled();
  noteBuffers(MIB);
  expect(gc.mock.calls).toEqual([[{ type: "minor" }]]);
  for (let mib = 0; mib < 8; mib += 1) noteBuffers(MIB);
  expect(gc).toHaveBeenCalledTimes(2);
});

it("asks for a large one where the small one leaves more than is being worked on", () => {
  const gc = vi.fn();
  holding(20);
  vi.stubGlobal("gc", gc);
  noteBuffers(8 * MIB);
  expect(gc.mock.calls).toEqual([[{ type: "minor" }], [{ type: "major" }]]);
});

it("does without where Node was not told to expose it", () => {
  vi.stubGlobal("gc", undefined);
  expect(() => noteBuffers(16 * MIB)).not.toThrow();
});
