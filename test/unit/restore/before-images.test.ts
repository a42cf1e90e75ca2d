import { describe, expect, it } from "vitest";
import type { BeforeImage, RestoreWriter } from "#core/catalog/catalog.ts";
import { Failure } from "#core/model/errors.ts";
import { BeforeImages } from "#core/restore/before-images.ts";
import { storedItem } from "./rules-fixture.ts";

const signal = new AbortController().signal;
const image = (name: string): BeforeImage => ({
  kind: storedItem({}),
  bytes: Buffer.from(name),
  expected: "digest",
});

function writerThat(keepBefore: RestoreWriter["keepBefore"]): RestoreWriter {
  return {
    url: "memory:",
    runId: "run",
    append: async () => undefined,
    writeFile: async () => undefined,
    keepBefore,
    assertHeld: () => undefined,
    withdraw: async () => undefined,
    close: async () => undefined,
  };
}

describe("objects as they are before they are changed", () => {
  it("are stored before anybody goes on, those that come together in one part", async () => {
    const parts: number[] = [];
    const gate = Promise.withResolvers<void>();
    const writer = writerThat(async (images) => {
      await gate.promise;
      parts.push(images.length);
    });
    const before = new BeforeImages(writer, signal, () => undefined);
    let isKept = false;
    const kept = Promise.all([before.keep(image("a")), before.keep(image("b"))]).then(() => {
      isKept = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const later = before.keep(image("c"));
    expect(isKept).toBe(false);
    gate.resolve();
    await Promise.all([kept, later]);
    expect(parts).toEqual([2, 1]);
  });

  it("that the location does not take any more stop the run", async () => {
    const lost = new Failure("location-error", "it answers no more");
    const stopped: unknown[] = [];
    const writer = writerThat(() => Promise.reject(lost));
    const before = new BeforeImages(writer, signal, (error) => stopped.push(error));
    await expect(before.keep(image("a"))).rejects.toBe(lost);
    expect(stopped).toEqual([lost]);
  });

  it("that cannot be stored are not changed, and the next ones are tried again", async () => {
    let calls = 0;
    const writer = writerThat(async () => {
      calls += 1;
      if (calls === 1) throw new Error("no room");
    });
    const before = new BeforeImages(writer, signal, () => undefined);
    await expect(before.keep(image("a"))).rejects.toThrow("no room");
    await expect(before.keep(image("b"))).resolves.toBeUndefined();
    await expect(new BeforeImages(undefined, signal, () => undefined).keep(image("c"))).rejects.toMatchObject(
      {
        code: "location-error",
      },
    );
  });
});
