import { afterEach, expect, it, vi } from "vitest";
import { noteBuffers } from "#core/flow/buffer-garbage.ts";

const MIB = 1024 * 1024;

afterEach(() => vi.unstubAllGlobals());

it("asks for a small collection after every 8 MiB of buffers", () => {
  const gc = vi.fn();
  vi.stubGlobal("gc", gc);
  for (let mib = 0; mib < 7; mib += 1) noteBuffers(MIB);
  expect(gc).not.toHaveBeenCalled();
  noteBuffers(MIB);
  expect(gc.mock.calls).toEqual([[{ type: "minor" }]]);
  for (let mib = 0; mib < 8; mib += 1) noteBuffers(MIB);
  expect(gc).toHaveBeenCalledTimes(2);
});

it("does without where Node was not told to expose it", () => {
  vi.stubGlobal("gc", undefined);
  expect(() => noteBuffers(16 * MIB)).not.toThrow();
});
