import { describe, expect, test } from "vitest";
import { type Credential, renewingCredential } from "#core/kube/access/credential.ts";
import { renewingAccess } from "#core/kube/access/renewal.ts";

const signal = new AbortController().signal;
const base = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  servername: undefined,
  rejectUnauthorized: true,
};

function counting(make: (count: number) => Credential, lifetime = Number.POSITIVE_INFINITY) {
  const state = { fetched: 0, time: 0 };
  const source = renewingCredential(
    async () => {
      state.fetched += 1;
      const count = state.fetched;
      await new Promise((resolve) => setImmediate(resolve));
      return { credential: make(count), staleAt: state.time + lifetime };
    },
    () => state.time,
  );
  return { state, source };
}

describe("a credential that renews itself", () => {
  test("is fetched once for many who ask together, and kept until it is stale", async () => {
    const { state, source } = counting((count) => ({ authorization: `t${count}` }), 100);
    const all = await Promise.all([source.current(signal), source.current(signal), source.current(signal)]);
    expect(new Set(all).size).toBe(1);
    state.time = 99;
    expect((await source.current(signal)).authorization).toBe("t1");
    state.time = 100;
    expect((await source.current(signal)).authorization).toBe("t2");
    expect(state.fetched).toBe(2);
  });

  test("is the same object when a new fetch brings the same", async () => {
    const { state, source } = counting(() => ({ authorization: "same" }), 10);
    const first = await source.current(signal);
    state.time = 10;
    expect(await source.current(signal)).toBe(first);
    expect(state.fetched).toBe(2);
  });

  test("renews once for many requests that were rejected with the same one", async () => {
    const { state, source } = counting((count) => ({ authorization: `t${count}` }));
    const rejected = await source.current(signal);
    expect(await Promise.all([source.renew(rejected, signal), source.renew(rejected, signal)])).toEqual([
      true,
      true,
    ]);
    expect(await source.renew(rejected, signal)).toBe(true);
    expect(state.fetched).toBe(2);
  });

  test("sees no sense in another try when the new one is the rejected one", async () => {
    const { source } = counting(() => ({ authorization: "same" }));
    expect(await source.renew(await source.current(signal), signal)).toBe(false);
  });

  test("is fetched again after a failure", async () => {
    let attempt = 0;
    const source = renewingCredential(async () => {
      attempt += 1;
      if (attempt === 1) throw new Error("first");
      return { credential: { authorization: "second" } };
    }, Date.now);
    await expect(source.current(signal)).rejects.toThrow("first");
    expect(await source.current(signal)).toEqual({ authorization: "second" });
  });

  test("one who leaves stops the fetch only when nobody else waits", async () => {
    const fetches: AbortSignal[] = [];
    const answer = Promise.withResolvers<void>();
    const source = renewingCredential(async (request) => {
      fetches.push(request.signal);
      await answer.promise;
      return { credential: { authorization: "t" } };
    }, Date.now);
    const one = new AbortController();
    const two = new AbortController();
    const first = source.current(one.signal);
    const second = source.current(two.signal);
    one.abort(new Error("left"));
    await expect(first).rejects.toThrow("left");
    expect(fetches[0]?.aborted).toBe(false);
    two.abort(new Error("left, too"));
    await expect(second).rejects.toThrow("left, too");
    expect(fetches[0]?.aborted).toBe(true);
    answer.resolve();
    expect(await source.current(signal)).toEqual({ authorization: "t" });
    expect(fetches).toHaveLength(2);
  });
});

describe("the headers and TLS made from it", () => {
  test("stay the same objects while the credential does, and renew by the headers that were sent", async () => {
    const { source } = counting((count) => ({ authorization: `t${count}` }));
    const access = renewingAccess(source, base, { "impersonate-user": "bob" });
    const sent = await access.headers(signal);
    expect(sent).toEqual({ authorization: "t1", "impersonate-user": "bob" });
    expect(await access.headers(signal)).toBe(sent);
    expect(await access.renew(sent, signal)).toBe(true);
    expect(await access.headers(signal)).toEqual({ authorization: "t2", "impersonate-user": "bob" });
  });

  test("a new certificate makes new TLS, a new token alone does not", async () => {
    const { source } = counting((count) => ({
      authorization: `t${count}`,
      cert: count < 3 ? "c" : "d",
      key: "k",
    }));
    const access = renewingAccess(source, base, {});
    const first = await access.tls(signal);
    expect(first).toEqual({ ...base, cert: "c", key: "k" });
    await access.renew(await access.headers(signal), signal);
    expect(await access.tls(signal)).toBe(first);
    await access.renew(await access.headers(signal), signal);
    expect(await access.tls(signal)).toEqual({ ...base, cert: "d", key: "k" });
  });

  test("headers that came from elsewhere renew nothing", async () => {
    const { state, source } = counting(() => ({}));
    expect(await renewingAccess(source, base, {}).renew({ authorization: "t" }, signal)).toBe(false);
    expect(state.fetched).toBe(0);
  });
});
