import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { noteBuffers } from "#core/flow/buffer-garbage.ts";
import type { collectGarbage } from "#core/flow/collect-garbage.ts";

const MIB = 1024 * 1024;

// Other tests of this process may have read something.
beforeEach(() => noteBuffers(8 * MIB));

afterEach(() => vi.restoreAllMocks());

function holding(mib: number): void {
  vi.spyOn(process, "memoryUsage").mockReturnValue({ ...process.memoryUsage(), arrayBuffers: mib * MIB });
}

it("asks for a small collection after every 8 MiB of buffers", () => {
  const collect = vi.fn<typeof collectGarbage>();
  holding(10);
  for (let mib = 0; mib < 7; mib += 1) noteBuffers(MIB, collect);
  expect(collect).not.toHaveBeenCalled();
  noteBuffers(MIB, collect);
  expect(collect.mock.calls).toEqual([[{ type: "minor" }]]);
  for (let mib = 0; mib < 8; mib += 1) noteBuffers(MIB, collect);
  expect(collect).toHaveBeenCalledTimes(2);
});

it("asks for a large one where the small one leaves more than is being worked on", () => {
  const collect = vi.fn<typeof collectGarbage>();
  holding(20);
  noteBuffers(8 * MIB, collect);
  expect(collect.mock.calls).toEqual([[{ type: "minor" }], [{ type: "major" }]]);
});
