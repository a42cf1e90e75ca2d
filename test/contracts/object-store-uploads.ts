import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { listAll, type StoreUnderTest } from "./store-under-test.ts";

const signal = new AbortController().signal;

/** The part of the suite that is about uploads which end otherwise than by their commit. */
export function describeUploads(started: () => StoreUnderTest): void {
  test("an upload appears at its commit and not before", async () => {
    const { store, largeBytes } = started();
    const upload = await store.openUpload("late/object", signal);
    await upload.write(randomBytes(largeBytes ?? 100_000));
    expect(await store.head("late/object", signal)).toBeUndefined();
    expect((await listAll(store, "late/")).keys).toEqual([]);
    await upload.commit();
    expect((await listAll(store, "late/")).keys).toEqual(["late/object"]);
  });

  test("an aborted upload leaves nothing, and abort may be called again", async () => {
    const { store, largeBytes } = started();
    const upload = await store.openUpload("gone/object", signal);
    await upload.write(randomBytes(largeBytes ?? 100_000));
    await upload.abort();
    await upload.abort();
    expect((await listAll(store, "gone/")).keys).toEqual([]);
    expect(await store.sweepUploads("gone/", 0, signal)).toBe(0);
  });

  test("an upload whose signal fires fails, and abort then cleans up all the same", async () => {
    const { store, largeBytes } = started();
    const controller = new AbortController();
    const upload = await store.openUpload("cancelled/object", controller.signal);
    await upload.write(randomBytes(largeBytes ?? 100_000));
    controller.abort(new Error("stopped"));
    await expect(upload.commit()).rejects.toThrow("stopped");
    await upload.abort();
    expect((await listAll(store, "cancelled/")).keys).toEqual([]);
    expect(await store.sweepUploads("cancelled/", 0, signal)).toBe(0);
  });

  test("an upload that somebody left open is swept by age, below the prefix only", async () => {
    const { store, largeBytes } = started();
    const uploads = await Promise.all(
      ["left/one", "elsewhere/one"].map((key) => store.openUpload(key, signal)),
    );
    // The second piece waits until a part of the first is stored, if there are parts.
    for (const upload of [...uploads, ...uploads]) await upload.write(randomBytes(largeBytes ?? 100_000));
    expect(await store.sweepUploads("left/", 3_600_000, signal)).toBe(0);
    expect(await store.sweepUploads("left/", 0, signal)).toBe(1);
    expect(await store.sweepUploads("elsewhere/", 0, signal)).toBe(1);
    // The writer was still at work, so a request of its own may have undone the sweep: its abort sees to that.
    for (const upload of uploads) await upload.abort();
    for (const prefix of ["left/", "elsewhere/"]) expect(await store.sweepUploads(prefix, 0, signal)).toBe(0);
  });

  test("an upload whose writer stopped and did not abort it is gone after one sweep", async () => {
    const { store, largeBytes } = started();
    // Without parts nothing is left of it to be swept.
    if (largeBytes === undefined) return;
    for (let n = 0; n < 3; n++) {
      const controller = new AbortController();
      const upload = await store.openUpload(`stopped/${n}`, controller.signal);
      // As above; others are under way when the signal fires.
      for (let piece = 0; piece < 2; piece++) await upload.write(randomBytes(largeBytes));
      controller.abort(new Error("stopped"));
      await expect(upload.commit()).rejects.toThrow("stopped");
      expect(await store.sweepUploads("stopped/", 0, signal)).toBe(1);
      expect(await store.sweepUploads("stopped/", 0, signal)).toBe(0);
    }
  });

  test("an upload that is swept while its parts are under way leaves nothing once it is aborted", async () => {
    const { store, largeBytes } = started();
    for (let n = 0; n < 5; n++) {
      const upload = await store.openUpload(`swept/${n}`, signal);
      await upload.write(randomBytes(largeBytes ?? 100_000));
      await store.sweepUploads("swept/", 0, signal);
      await upload.abort();
      expect(await store.sweepUploads("swept/", 0, signal)).toBe(0);
    }
  });
}
