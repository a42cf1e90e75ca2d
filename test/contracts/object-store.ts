/**
 * What every store promises (core/storage/object-store.ts), as one suite. Each implementation hands in a factory and
 * is held to all of it; stores that misbehave run the same suite through faults that a good client does not let out.
 */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { describeUploads } from "./object-store-uploads.ts";
import { listAll, readAll, type StoreUnderTest, uploadAll } from "./store-under-test.ts";

const signal = new AbortController().signal;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export function describeObjectStore(name: string, start: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let under: StoreUnderTest;
    let store: ObjectStore;
    beforeAll(async () => {
      under = await start();
      store = under.store;
    });
    afterAll(async () => {
      store.close();
      await under.stop?.();
    });

    test("what was put is read back byte for byte, with size, digest and ETag told", async () => {
      const body = randomBytes(70_000);
      const stored = await store.put("a/put", body, signal);
      expect(stored).toMatchObject({ sizeBytes: 70_000, sha256: sha256(body) });
      expect(await readAll(store.get("a/put", { signal }))).toEqual(body);
      const info = await store.head("a/put", signal);
      expect(info).toMatchObject({ key: "a/put", sizeBytes: 70_000, etag: stored.etag });
      expect(Math.abs((info?.lastModified.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    test("an empty object is an object", async () => {
      await store.put("a/empty", new Uint8Array(), signal);
      expect(await readAll(store.get("a/empty", { signal }))).toHaveLength(0);
      await uploadAll(store, "a/empty-upload", []);
      expect(await store.head("a/empty-upload", signal)).toMatchObject({ sizeBytes: 0 });
    });

    test("a put never replaces what is there", async () => {
      await store.put("once/put", Buffer.from("first"), signal);
      await expect(store.put("once/put", Buffer.from("other"), signal)).rejects.toMatchObject({
        code: "key-exists",
      });
      expect(String(await readAll(store.get("once/put", { signal })))).toBe("first");
    });

    test("an upload never replaces what is there, small or large", async () => {
      await store.put("once/upload", Buffer.from("first"), signal);
      const large = randomBytes(under.largeBytes ?? 100_000);
      for (const body of [Buffer.from("other"), large]) {
        const upload = await store.openUpload("once/upload", signal);
        await upload.write(body);
        await expect(upload.commit()).rejects.toMatchObject({ code: "key-exists" });
        await upload.abort();
      }
      expect(String(await readAll(store.get("once/upload", { signal })))).toBe("first");
      expect(await store.sweepUploads("once/", 0, signal)).toBe(0);
    });

    test("of ten that write one key at once exactly one wins, and its bytes stand", async () => {
      if (under.conditional?.put === false) return;
      const bodies = Array.from({ length: 10 }, (_, n) => Buffer.from(`writer ${n}`));
      const results = await Promise.allSettled(bodies.map((body) => store.put("race/put", body, signal)));
      const winners = results.flatMap((result, n) => (result.status === "fulfilled" ? [n] : []));
      expect(winners).toHaveLength(1);
      expect(String(await readAll(store.get("race/put", { signal })))).toBe(`writer ${winners[0]}`);
    });

    test("a large upload arrives whole, whatever pieces it is written in", async () => {
      const body = randomBytes(under.largeBytes ?? 1_000_000);
      const pieces: Buffer[] = [];
      for (let at = 0, size = 1; at < body.length; at += size, size = Math.min(size * 3 + 1, 3_000_001)) {
        pieces.push(body.subarray(at, at + size));
      }
      const stored = await uploadAll(store, "a/large", pieces);
      expect(stored).toMatchObject({ sizeBytes: body.length, sha256: sha256(body) });
      expect(sha256(await readAll(store.get("a/large", { signal })))).toBe(sha256(body));
      expect(await store.head("a/large", signal)).toMatchObject({
        sizeBytes: body.length,
        etag: stored.etag,
      });
    });

    test("the writer may reuse its buffer once a write has resolved", async () => {
      const buffer = Buffer.alloc(300_000);
      const expected = createHash("sha256");
      const upload = await store.openUpload("a/reused", signal);
      for (let n = 1; n <= 5; n++) {
        buffer.fill(n);
        expected.update(buffer);
        await upload.write(buffer);
      }
      buffer.fill(99);
      const digest = expected.digest("hex");
      expect((await upload.commit()).sha256).toBe(digest);
      expect(sha256(await readAll(store.get("a/reused", { signal })))).toBe(digest);
    });

    describeUploads(() => under);

    test("ranges deliver exactly the bytes asked for, or fail", async () => {
      const body = randomBytes(200_000);
      await store.put("a/ranged", body, signal);
      for (const [offset, length] of [
        [0, 1],
        [199_999, 1],
        [65_535, 70_001],
        [0, 200_000],
        [5, 0],
      ] as const) {
        const read = await readAll(store.get("a/ranged", { range: { offset, length }, signal }));
        expect(read.equals(body.subarray(offset, offset + length))).toBe(true);
      }
      for (const range of [
        { offset: 199_999, length: 2 },
        { offset: 200_000, length: 1 },
        { offset: 300_000, length: 5 },
      ]) {
        const reading = readAll(store.get("a/ranged", { range, signal }));
        await expect(reading).rejects.toMatchObject({ code: "location-error" });
      }
    });

    test("a read that demands an ETag fails when the object has another", async () => {
      const { etag } = await store.put("a/tagged", Buffer.from("bytes"), signal);
      expect(String(await readAll(store.get("a/tagged", { etag, signal })))).toBe("bytes");
      const other = readAll(store.get("a/tagged", { etag: '"0123456789abcdef0123456789abcdef"', signal }));
      await expect(other).rejects.toMatchObject({ code: "location-error" });
    });

    test("an absent key is told as absent", async () => {
      expect(await store.head("absent/key", signal)).toBeUndefined();
      await expect(readAll(store.get("absent/key", { signal }))).rejects.toMatchObject({
        code: "key-absent",
      });
      const ranged = readAll(store.get("absent/key", { range: { offset: 3, length: 0 }, signal }));
      await expect(ranged).rejects.toMatchObject({ code: "key-absent" });
      expect((await listAll(store, "absent/")).keys).toEqual([]);
      await store.remove(["absent/key", "absent/other"], signal);
    });

    test("keys are listed in byte order across folders, with sizes and the ETags of head", async () => {
      const keys = ["list/a", "list/a-b/x", "list/a.b", "list/a/x", "list/a0", "list/b/c/d", "list/B"];
      const sorted = keys.toSorted();
      // Where `a` is an object it cannot be a folder too in every store.
      const usable = sorted.filter((key) => key !== "list/a");
      for (const [n, key] of usable.entries()) await store.put(key, Buffer.alloc(n + 1), signal);
      const listed = await listAll(store, "list/");
      expect(listed.keys).toEqual(usable);
      expect(listed.objects.map((object) => object.sizeBytes)).toEqual(usable.map((_, n) => n + 1));
      for (const object of listed.objects)
        expect((await store.head(object.key, signal))?.etag).toBe(object.etag);
      expect((await listAll(store, "list/a")).keys).toEqual(usable.filter((key) => key.startsWith("list/a")));
    });

    test("a shallow listing tells the objects of one level and the folders below it once", async () => {
      for (const key of ["one/x", "one/sub/a", "one/sub/b", "one/sub.c/d", "one/z"]) {
        await store.put(key, Buffer.from("1"), signal);
      }
      const listed = await listAll(store, "one/", { shallow: true });
      expect(listed.keys).toEqual(["one/x", "one/z"]);
      expect(listed.folders.toSorted()).toEqual(["sub.c/", "sub/"]);
    });

    test("a listing can be of some objects only, at every depth, and of all folders", async () => {
      for (const key of ["some/a/wanted", "some/a/other", "some/b/other", "some/wanted"]) {
        await store.put(key, Buffer.from("1"), signal);
      }
      const only = (key: string) => key.endsWith("/wanted");
      expect((await listAll(store, "some/", { only })).keys).toEqual(["some/a/wanted", "some/wanted"]);
      const shallow = await listAll(store, "some/", { only, shallow: true });
      expect(shallow.keys).toEqual(["some/wanted"]);
      expect(shallow.folders.toSorted()).toEqual(["a/", "b/"]);
    });

    test("every listing tells the store's clock, of an empty folder too", async () => {
      const { serverTime } = await listAll(store, "nothing-here/");
      expect(Math.abs((serverTime?.getTime() ?? 0) - Date.now())).toBeLessThan(10_000);
    });

    test("what was removed is gone, and its key can be written again", async () => {
      const keys = ["removed/a", "removed/deep/b"];
      for (const key of keys) await store.put(key, Buffer.from("old"), signal);
      await store.remove([...keys, "removed/absent"], signal);
      expect((await listAll(store, "removed/")).keys).toEqual([]);
      expect((await listAll(store, "", { shallow: true })).folders).not.toContain("removed/");
      await store.put("removed/a", Buffer.from("new"), signal);
      expect(String(await readAll(store.get("removed/a", { signal })))).toBe("new");
    });

    test("whether conditions are honoured is told as it is, and the probe leaves nothing behind", async () => {
      expect(await store.conditionalWrites(signal)).toEqual(under.conditional ?? { put: true, upload: true });
      expect((await listAll(store, "metadata/")).keys).toEqual([]);
      expect(await store.sweepUploads("metadata/", 0, signal)).toBe(0);
    });

    test("keys that could leave the location are refused", async () => {
      for (const key of [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a/../b",
        ".hidden",
        "a\\b",
        "a b",
        "a\u0000b",
        "a/.",
      ]) {
        await expect(store.put(key, Buffer.from("x"), signal)).rejects.toMatchObject({ code: "internal" });
        await expect(store.openUpload(key, signal)).rejects.toMatchObject({ code: "internal" });
        await expect(store.head(key, signal)).rejects.toMatchObject({ code: "internal" });
        await expect(store.remove([key], signal)).rejects.toMatchObject({ code: "internal" });
        await expect(readAll(store.get(key, { signal }))).rejects.toMatchObject({ code: "internal" });
      }
    });

    test("a call whose signal has fired throws its reason and does nothing", async () => {
      const stopped = AbortSignal.abort(new Error("stopped"));
      await expect(store.put("stopped/key", Buffer.from("x"), stopped)).rejects.toThrow("stopped");
      await expect(store.head("stopped/key", stopped)).rejects.toThrow("stopped");
      await expect(store.openUpload("stopped/key", stopped)).rejects.toThrow("stopped");
      await expect(readAll(store.get("a/put", { signal: stopped }))).rejects.toThrow("stopped");
      await expect(listAll(store, "", { signal: stopped })).rejects.toThrow("stopped");
      await expect(store.remove(["a/put"], stopped)).rejects.toThrow("stopped");
      expect(await store.head("stopped/key", signal)).toBeUndefined();
      expect(await store.head("a/put", signal)).toBeDefined();
    });
  });
}
