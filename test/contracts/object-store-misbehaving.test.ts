/** S3 servers and lines that misbehave: the same promises hold, or the failure says what it is. */
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { ObjectStore } from "#core/storage/object-store.ts";
import type { Patience } from "#core/storage/s3/client.ts";
import { eventually } from "#test/harness/eventually.ts";
import {
  ignoreIfNoneMatch,
  isObjectPut,
  isUploadCompletion,
  isUploadCreation,
  REFUSE_PUT_WITHOUT_CHECKSUM,
  type RecordedRequest,
  type Rule,
  serverError,
} from "#test/harness/faults.ts";
import { faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { createS3Client, type S3Address } from "#test/harness/s3-client.ts";
import { describeObjectStore } from "./object-store.ts";
import { storeAt, useOwnS3Server } from "./own-s3-server.ts";
import { listAll, readAll, uploadAll } from "./store-under-test.ts";

/** Two parts. */
const LARGE = 7_000_000;
const signal = new AbortController().signal;

const s3 = useOwnS3Server();
let proxy: Awaited<ReturnType<typeof faultyS3Proxy>>;

beforeAll(async () => {
  proxy = await faultyS3Proxy(s3());
});
afterAll(() => proxy.stop());

function storeBehind(address: S3Address, patience: Partial<Patience> = {}): ObjectStore {
  return storeAt(address, { patience: { connectMs: 5000, idleMs: 20_000, retryMs: 5, ...patience } });
}

/** Every n-th request that fits. */
function every(
  n: number,
  fits: (request: RecordedRequest) => boolean,
): (request: RecordedRequest) => boolean {
  let seen = 0;
  return (request) => fits(request) && ++seen % n === 0;
}

function misbehaving(
  name: string,
  rules: readonly Rule[],
  conditional?: { put: boolean; upload: boolean },
): void {
  describeObjectStore(name, async () => {
    const own = await faultyS3Proxy(s3(), rules);
    return {
      store: storeBehind(own),
      largeBytes: LARGE,
      ...(conditional && { conditional }),
      stop: () => own.stop(),
    };
  });
}

const any = () => true;
const isGet = ({ method }: RecordedRequest) => method === "GET";

misbehaving("a store that answers 500 and 503 now and then", [
  { when: every(5, any), fault: serverError(503) },
  { when: every(7, any), fault: serverError(500) },
]);
misbehaving("a store whose replies get lost after it did its work", [
  { when: every(5, any), fault: { dropReply: true } },
]);
misbehaving("a store whose bodies are cut off", [
  { when: every(2, isGet), fault: { cutAfterBytes: 700, how: "fin" } },
  { when: every(3, isGet), fault: { cutAfterBytes: 1, how: "rst" } },
]);
misbehaving("a store that sends short reads", [{ when: every(2, isGet), fault: { truncateTo: 900 } }]);
misbehaving("a store that ignores If-None-Match on puts", [ignoreIfNoneMatch("put")], {
  put: false,
  upload: true,
});
misbehaving("a store that ignores If-None-Match on completions", [ignoreIfNoneMatch("completion")], {
  put: true,
  upload: false,
});
misbehaving("a store that refuses puts without a checksum", [REFUSE_PUT_WITHOUT_CHECKSUM]);

describe("a store that fails for good", () => {
  const raw = () => createS3Client(s3());
  afterEach(() => proxy.clear());

  test("a put whose reply is always lost is found again and is no failure", async () => {
    const store = storeBehind(proxy);
    proxy.add({ when: isObjectPut, times: 1, fault: { dropReply: true } });
    const stored = await store.put("a/key", Buffer.from("bytes"), signal);
    expect(stored.sizeBytes).toBe(5);
    expect(await store.head("a/key", signal)).toMatchObject({ etag: stored.etag });
  });

  test("a put whose reply is lost is found again even where the store then takes no further write", async () => {
    const store = storeBehind(proxy);
    proxy.add({ when: isObjectPut, times: 1, fault: { dropReply: true } });
    proxy.add({ when: isObjectPut, after: 1, fault: serverError(503) });
    expect(await store.put("a/key", Buffer.from("bytes"), signal)).toMatchObject({ sizeBytes: 5 });
  });

  test("a listing whose reply came empty is asked for again, not taken for an empty store", async () => {
    const store = storeBehind(proxy);
    await store.put("a/key", Buffer.from("bytes"), signal);
    proxy.add({ when: isGet, times: 1, fault: { truncateTo: 0 } });
    expect((await listAll(store, "")).keys).toEqual(["a/key"]);
  });

  test("a store that refuses conditions is written without them, and an existing key is still not replaced", async () => {
    const store = storeBehind(proxy);
    const body = "<Error><Code>NotImplemented</Code></Error>";
    const notImplemented = { status: 501, headers: { "content-type": "application/xml" }, body };
    proxy.add({
      when: ({ headers }) => headers["if-none-match"] !== undefined,
      fault: { reply: notImplemented },
    });
    await store.put("a/key", Buffer.from("bytes"), signal);
    await uploadAll(store, "a/large", [randomBytes(LARGE)]);
    await expect(store.put("a/key", Buffer.from("other"), signal)).rejects.toMatchObject({
      code: "key-exists",
    });
  });

  test("a store that wants the newer checksum headers gets them", async () => {
    const store = storeBehind(proxy);
    const lacks = ({ method, headers }: RecordedRequest) =>
      method === "PUT" && !("x-amz-checksum-crc32" in headers);
    const body = "<Error><Code>InvalidRequest</Code><Message>x-amz-checksum is required</Message></Error>";
    const refusal = { status: 400, headers: { "content-type": "application/xml" }, body };
    proxy.add({ when: lacks, fault: { reply: refusal } });
    await Promise.all(["a", "b", "c"].map((name) => store.put(`puts/${name}`, Buffer.from(name), signal)));
    await uploadAll(store, "a/large", [randomBytes(LARGE)]);
  });

  test("a completion whose reply is lost is found again and leaves no upload open", async () => {
    const store = storeBehind(proxy);
    const body = randomBytes(LARGE);
    proxy.add({ when: isUploadCompletion, times: 1, fault: { dropReply: true } });
    const stored = await uploadAll(store, "a/key", [body]);
    expect(await store.head("a/key", signal)).toMatchObject({ sizeBytes: LARGE, etag: stored.etag });
    expect(await raw().listUploads()).toEqual([]);
  });

  test("an upload begun twice, since a reply got lost, has no twin from then on, wrong as this clock may be", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 300_000 });
    try {
      const store = storeBehind(proxy);
      proxy.add({ when: isUploadCreation, times: 2, fault: { dropReply: true } });
      const upload = await store.openUpload("a/key", signal);
      // The second piece waits until a part of the first is stored.
      for (let piece = 0; piece < 2; piece++) await upload.write(randomBytes(LARGE));
      expect(await raw().listUploads()).toHaveLength(1);
      await upload.abort();
      expect(await raw().listUploads()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("an upload whose every beginning was lost leaves none of them once it is aborted", async () => {
    const store = storeBehind(proxy);
    proxy.add({ when: isUploadCreation, fault: { dropReply: true } });
    const upload = await store.openUpload("a/key", signal);
    await upload.write(randomBytes(LARGE));
    await expect(upload.commit()).rejects.toMatchObject({ code: "location-unreachable" });
    expect(await raw().listUploads()).not.toEqual([]);
    await upload.abort();
    expect(await raw().listUploads()).toEqual([]);
  });

  test.each([1, 99])(
    "a probe whose upload was begun more than once, since %i replies got lost, leaves none",
    async (times) => {
      const store = storeBehind(proxy);
      proxy.add({ when: isUploadCreation, times, fault: { dropReply: true } });
      const probed = store.conditionalWrites(signal);
      if (times === 1) expect(await probed).toEqual({ put: true, upload: true });
      else await expect(probed).rejects.toMatchObject({ code: "location-unreachable" });
      expect(await raw().listUploads()).toEqual([]);
    },
  );

  test.each([
    ["beginning", isUploadCreation],
    ["a part", ({ query }: RecordedRequest) => query.includes("partNumber=1")],
  ] as const)(
    "an upload that is aborted while the store is slow at %s is gone for good",
    async (_, isSlow) => {
      const store = storeBehind(proxy);
      proxy.add({ when: isSlow, fault: { lateMs: 300 } });
      const seen = proxy.requests.length;
      const upload = await store.openUpload("a/key", signal);
      await upload.write(randomBytes(LARGE));
      const wholeOf = (request: RecordedRequest) => isSlow(request) && request.startedAt < Date.now() - 100;
      await eventually("the store has the request", async () => proxy.requests.slice(seen).some(wholeOf));
      await upload.abort();
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(await raw().listUploads()).toEqual([]);
    },
  );

  test("a put that is interrupted while the store is slow is over when it fails", async () => {
    const controller = new AbortController();
    const store = storeBehind(proxy);
    proxy.add({ when: isObjectPut, fault: { lateMs: 300 } });
    const seen = proxy.requests.length;
    const ended = store.put("a/key", Buffer.from("bytes"), controller.signal).catch(() => undefined);
    await eventually("the store has the request", async () => proxy.requests.slice(seen).some(isObjectPut));
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort(new Error("stopped"));
    await ended;
    await store.remove(["a/key"], signal);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await listAll(store, "")).keys).toEqual([]);
  });

  test("another's object under the key is never taken for our own whose reply was lost", async () => {
    const store = storeBehind(proxy);
    await store.put("a/key", Buffer.from("other"), signal);
    proxy.add({ when: ({ method }) => method === "HEAD", times: 1, fault: { reply: { status: 404 } } });
    await expect(store.put("a/key", Buffer.from("bytes"), signal)).rejects.toMatchObject({
      code: "key-exists",
    });
  });

  test.each([500, 503] as const)(
    "a store that answers %i only is told, after several tries",
    async (status) => {
      const store = storeBehind(proxy);
      proxy.add({ when: any, fault: serverError(status) });
      const seen = proxy.requests.length;
      const failure = { code: status === 503 ? "location-unreachable" : "location-error", retryable: true };
      await expect(store.head("a/key", signal)).rejects.toMatchObject(failure);
      expect(proxy.requests.length - seen).toBe(6);
    },
  );

  test("a full store is told as full, and nothing is left of the upload", async () => {
    const store = storeBehind(proxy);
    proxy.add({ when: ({ query }) => query.includes("partNumber=2"), fault: serverError(507) });
    const upload = await store.openUpload("a/key", signal);
    const writing = async () => {
      await upload.write(randomBytes(LARGE));
      await upload.commit();
    };
    await expect(writing()).rejects.toMatchObject({ code: "location-full" });
    await upload.abort();
    expect((await listAll(store, "")).keys).toEqual([]);
    expect(await raw().listUploads()).toEqual([]);
  });

  test.each([5000, LARGE])(
    "a commit of %i bytes, interrupted after the store did its work, is undone by abort",
    async (size) => {
      const controller = new AbortController();
      const store = storeBehind(proxy, { retryMs: 60_000 });
      proxy.add({
        when: (request) => isObjectPut(request) || isUploadCompletion(request),
        fault: { dropReply: true },
      });
      const upload = await store.openUpload("a/key", controller.signal);
      await upload.write(randomBytes(size));
      const committing = expect(upload.commit()).rejects.toThrow("stopped");
      await eventually("the object is there", async () => (await listAll(store, "")).keys.length === 1);
      controller.abort(new Error("stopped"));
      await committing;
      await upload.abort();
      expect((await listAll(store, "")).keys).toEqual([]);
      expect(await raw().listUploads()).toEqual([]);
    },
  );

  test("a store that goes silent is given up, and says that it does not answer", async () => {
    const store = storeBehind(proxy, { idleMs: 150 });
    proxy.add({ when: any, fault: { delayMs: 2000 } });
    await expect(store.head("a/key", signal)).rejects.toMatchObject({ code: "location-unreachable" });
  });

  test("bytes damaged on the way are refused by the store and sent again", async () => {
    const store = storeBehind(proxy);
    const badDigest = {
      status: 400,
      headers: { "content-type": "application/xml" },
      body: "<Error><Code>BadDigest</Code></Error>",
    };
    proxy.add({ when: isObjectPut, times: 1, fault: { reply: badDigest } });
    await store.put("a/key", Buffer.from("bytes"), signal);
    expect(String(await readAll(store.get("a/key", { signal })))).toBe("bytes");
  });

  test("a body that never comes whole fails instead of ending early", async () => {
    const store = storeBehind(proxy);
    await store.put("a/key", randomBytes(5000), signal);
    proxy.add({ when: isGet, fault: { truncateTo: 0 } });
    const reading = readAll(store.get("a/key", { signal }));
    await expect(reading).rejects.toMatchObject({ code: "location-unreachable" });
  });
});
